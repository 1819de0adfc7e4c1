"""Arithmetic of the reward transforms, alone and inside a real environment."""

import math

import pytest

from rldoctor.training.plan import Plan
from rldoctor.training.rewards import PLAIN, Reward


@pytest.mark.parametrize(
    ("transform", "reward", "expected"),
    [
        (PLAIN, -3.5, -3.5),
        (Reward(factor=1e-4), -3.5, -3.5e-4),
        (Reward(factor=0.0), -3.5, 0.0),
        (Reward(sharpness=8.0), -0.5, math.exp(-4.0)),
        (Reward(factor=0.3, sharpness=2.0), 0.0, 0.3),
        (Reward(sharpness=240.0), -16.0, 0.0),
    ],
)
def test_the_transform_is_the_documented_formula(transform, reward, expected):
    assert transform(reward) == pytest.approx(expected)


def test_nan_rewards_stay_nan():
    assert math.isnan(Reward(factor=2.0)(math.nan))
    assert math.isnan(Reward(sharpness=2.0)(math.nan))


def test_scaling_and_sharpening_compose():
    assert PLAIN.scaled(10.0).scaled(0.5) == Reward(factor=5.0)
    assert Reward(sharpness=0.2).sharper(40.0).sharpness == pytest.approx(8.0)
    with pytest.raises(ValueError, match="no exp"):
        PLAIN.sharper(2.0)


def test_settings_name_the_form_and_never_a_scale_a_reader_would_apply_twice():
    assert PLAIN.settings() == {}
    assert Reward(factor=0.0).settings() == {"env_reward_factor": 0.0}
    assert Reward(sharpness=8.0).settings() == {
        "reward_form": "exp(-k*error)",
        "reward_weight": 1.0,
        "reward_exponent": 8.0,
    }


@pytest.mark.parametrize("transform", [PLAIN, Reward(factor=0.0), Reward(sharpness=8.0)])
def test_the_monitor_logs_the_transformed_return(transform):
    gym = pytest.importorskip("gymnasium")
    pytest.importorskip("stable_baselines3")
    from rldoctor.training.envs import make_env

    raw = gym.make("Pendulum-v1")
    env = make_env(Plan("sac", "Pendulum-v1", steps=1, reward=transform))
    raw.reset(seed=5)
    env.reset(seed=5)
    total, ended = 0.0, False
    while not ended:
        total += transform(float(raw.step([0.5])[1]))
        _, _, terminated, truncated, info = env.step([0.5])
        ended = terminated or truncated
    assert info["episode"]["r"] == pytest.approx(total, abs=1e-5)


def test_an_unknown_environment_is_a_usage_error():
    pytest.importorskip("stable_baselines3")
    from rldoctor.errors import UsageError
    from rldoctor.training.envs import make_env

    with pytest.raises(UsageError, match="NoSuchEnv-v0"):
        make_env(Plan("ppo", "NoSuchEnv-v0", steps=1))
