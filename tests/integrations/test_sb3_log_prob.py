"""SB3's squashed Gaussian, and what the diagnostics make of it, against numerical integration."""

import math

import numpy as np
import pytest

pytest.importorskip("stable_baselines3")

import torch
from stable_baselines3 import SAC
from stable_baselines3.common.distributions import SquashedDiagGaussianDistribution

from rldoctor.integrations.sb3.critics import batch_measures
from rldoctor.integrations.sb3.rollouts import entropy_measures

EDGE = 1 - 1e-9


def density(mean, log_std):
    """log p(a) of SB3's tanh-squashed Gaussian on a fine grid that is dense towards the bounds."""
    inner = torch.linspace(math.atanh(-EDGE), math.atanh(EDGE), 400_001, dtype=torch.float64)
    one = SquashedDiagGaussianDistribution(1).proba_distribution(
        torch.tensor([[mean]], dtype=torch.float64), torch.tensor([log_std], dtype=torch.float64)
    )
    actions = torch.tanh(inner)
    return actions, one.log_prob(actions[:, None], inner[:, None])


def integral(values, actions):
    return float(torch.trapezoid(values, actions))


# SB3 adds 1e-6 to the Jacobian against log(0): close to a bound some of the probability is lost.
@pytest.mark.parametrize(
    ("mean", "log_std", "lost"), [(0.0, 0.0, 1e-4), (0.5, -1.5, 1e-5), (-1.0, -0.5, 1e-4), (3.0, 0.0, 0.02)]
)
def test_the_squashed_gaussian_integrates_to_one(mean, log_std, lost):
    actions, log_p = density(mean, log_std)
    assert 1 - lost < integral(log_p.exp(), actions) <= 1 + 1e-6


def test_without_the_jacobian_it_would_not():
    actions, log_p = density(0.0, 0.0)
    wrong = log_p + torch.log(1 - actions**2 + 1e-6)
    assert abs(integral(wrong.exp(), actions) - 1) > 0.3


def filled(observation):
    """SAC on Pendulum-v1 whose replay buffer holds one observation only."""
    torch.manual_seed(0)
    model = SAC(
        "MlpPolicy", "Pendulum-v1", buffer_size=50, device="cpu", seed=0, policy_kwargs={"net_arch": [8]}
    )
    for _ in range(50):
        model.replay_buffer.add(observation, observation, np.zeros((1, 1)), np.zeros(1), np.zeros(1), [{}])
    return model


def test_the_entropy_the_callback_logs_is_the_integral():
    """In SB3's scaled actions, the units of its target entropy; Pendulum's own action is twice that."""
    seen = np.array([[0.6, 0.8, -2.0]], dtype=np.float32)
    model = filled(seen)
    mean, log_std, _ = model.actor.get_action_dist_params(torch.as_tensor(seen))
    actions, log_p = density(mean.item(), log_std.item())
    expected = -integral(log_p.exp() * log_p, actions)
    measured = batch_measures(model, 40_000)
    assert measured["entropy"] == pytest.approx(expected, abs=0.02)
    assert measured["policy_std"] == pytest.approx(math.exp(log_std.item()), rel=1e-4)
    saturated = integral(log_p.exp() * (actions.abs() >= 0.99), actions)
    assert measured["action_saturation"] == pytest.approx(saturated, abs=0.005)


def test_the_gaussian_entropy_logged_for_trpo_is_the_integral():
    contrib = pytest.importorskip("sb3_contrib")
    model = contrib.TRPO("MlpPolicy", "Pendulum-v1", device="cpu", policy_kwargs={"log_std_init": -0.7})
    grid = torch.linspace(-20, 20, 200_001)
    log_p = torch.distributions.Normal(0.0, math.exp(-0.7)).log_prob(grid)
    expected = -integral(log_p.exp() * log_p, grid)
    assert entropy_measures(model)["entropy"] == pytest.approx(expected, abs=1e-4)
