"""Faults are planted for real: what the learner sees or does is what the registry says."""

import csv
import math
from dataclasses import replace

import numpy as np
import pytest

from rldoctor.errors import UsageError
from rldoctor.training.catalog import find_task
from rldoctor.training.faults import find_fault
from rldoctor.training.plan import Plan

pytest.importorskip("stable_baselines3")

TINY = {"n_steps": 64, "n_epochs": 2, "batch_size": 32}
SMALL = {"batch_size": 16, "policy_kwargs": {"net_arch": [16]}, "learning_starts": 50, "buffer_size": 2000}
PPO = Plan("ppo", "Pendulum-v1", steps=1024, hyper=TINY)
SAC = Plan("sac", "Pendulum-v1", steps=400, hyper=SMALL)


def column(folder, name):
    with (folder / "progress.csv").open(newline="", encoding="utf-8") as file:
        return [float(row[name]) for row in csv.DictReader(file) if row.get(name)]


def trained(name, plan, folder):
    from rldoctor.training.train import train

    return train(find_fault(name).sick(plan) if name else plan, folder)


def rewards(plan, steps):
    """What a constant action earns, per step."""
    from rldoctor.training.envs import make_env

    env = make_env(plan)
    env.reset(seed=0)
    told = [env.step(np.zeros(env.action_space.shape, dtype=np.float32)) for _ in range(steps)]
    return np.array([float(one[1]) for one in told])


def test_a_learning_rate_too_high_moves_the_policy_further(tmp_path):
    for name in ("", "lr-too-high"):
        trained(name, PPO, tmp_path / (name or "healthy"))
    sick, healthy = (column(tmp_path / n, "train/approx_kl") for n in ("lr-too-high", "healthy"))
    assert np.median(sick) > 10 * np.median(healthy)


def test_a_tiny_clip_range_clips_nearly_everything(tmp_path):
    trained("clip-range-tiny", PPO, tmp_path)
    assert column(tmp_path, "train/clip_range")[-1] == pytest.approx(5e-4)
    assert np.median(column(tmp_path, "train/clip_fraction")) > 0.2


def test_a_tiny_kl_limit_stops_in_the_first_epochs(tmp_path):
    plan = PPO.with_hyper(n_epochs=10)
    trained("target-kl-tiny", plan, tmp_path)
    epochs = column(tmp_path, "train/n_updates")
    assert epochs[-1] < 5 * len(epochs), "half of the ten epochs and more are left out"


def test_a_large_entropy_bonus_widens_the_policy(tmp_path):
    plan = PPO.with_hyper(learning_rate=3e-3, n_epochs=10)
    trained("ent-coef-large", plan, tmp_path)
    widths = column(tmp_path, "train/std")
    assert widths[-1] > widths[0] > 0.9


def test_targets_that_do_not_move(tmp_path):
    import torch

    from rldoctor.training.train import build_model

    model = build_model(find_fault("tau-zero").sick(SAC))
    before = [p.clone() for p in model.critic_target.parameters()]
    model.learn(200)
    moved = max(
        float((a - b).detach().abs().max())
        for a, b in zip(before, model.critic_target.parameters(), strict=True)
    )
    online = max(
        float((a - b).detach().abs().max()) for a, b in zip(before, model.critic.parameters(), strict=True)
    )
    assert torch.isfinite(torch.tensor(moved))
    assert moved < 1e-3 * online


def test_a_long_warm_up_leaves_no_updates_before_four_fifths(tmp_path):
    trained("warmup-too-long", replace(SAC, steps=600), tmp_path)
    assert column(tmp_path, "train/n_updates")[-1] <= 0.2 * 600 + 1


def test_one_critic_is_trained_eight_times_per_transition():
    from rldoctor.training.train import build_model

    model = build_model(find_fault("single-critic-high-utd").sick(replace(SAC, n_envs=2)))
    assert len(model.critic.q_networks) == 1
    assert model.critic.q_networks[0][0].out_features == 16, "the networks keep their width"
    model.learn(100)
    assert model._n_updates / (model.num_timesteps - 50) == pytest.approx(8, rel=0.2)


def test_no_hindsight_on_a_sparse_task():
    pytest.importorskip("gymnasium_robotics")
    from rldoctor.training.train import build_model

    plan = find_task("sac", "FetchReach-v4").plan().with_hyper(buffer_size=1000)
    model = build_model(find_fault("sparse-without-her").sick(plan))
    assert type(model.replay_buffer).__name__ == "DictReplayBuffer"


def test_gamma_is_the_planted_one():
    from rldoctor.training.train import build_model

    assert build_model(find_fault("gamma-low").sick(SAC)).gamma == 0.3


def test_a_time_limit_becomes_an_end():
    from rldoctor.training.envs import make_vec_env

    sick = find_fault("truncation-as-terminal").sick(PPO)
    for plan, bootstrapped in ((PPO, True), (sick, False)):
        env = make_vec_env(plan)
        env.reset()
        for _ in range(200):
            _, _, dones, infos = env.step(np.zeros((1, 1)))
        assert dones[0]
        assert infos[0]["TimeLimit.truncated"] is bootstrapped


def test_observations_get_a_thousand_times_larger_and_stay_in_their_space():
    from rldoctor.training.envs import make_env

    plan = find_fault("obs-unscaled").sick(find_task("ppo", "Hopper-v5").plan())
    assert not plan.normalize
    env, plain = make_env(plan), make_env(replace(plan, tampering=()))
    seen, known = env.reset(seed=3)[0], plain.reset(seed=3)[0]
    assert seen[0] == pytest.approx(1000 * known[0])
    assert seen[1] == pytest.approx(known[1])
    assert env.observation_space.contains(seen)


def test_scaling_observations_that_are_no_vector_is_refused():
    pytest.importorskip("gymnasium_robotics")
    from rldoctor.training.envs import make_env

    plan = find_fault("obs-unscaled").sick(find_task("ppo", "FetchReachDense-v4").plan())
    with pytest.raises(UsageError, match="no vector"):
        make_env(plan)


def test_living_costs_more_than_it_earns():
    plan = find_fault("learning-to-die").sick(find_task("ppo", "Hopper-v5").plan())
    earned = rewards(plan, 5)
    assert (earned < -2).all()
    assert earned == pytest.approx(rewards(replace(plan, tampering=()), 5) - 5)


def test_the_sign_flips_at_half_of_the_run():
    plan = find_fault("sign-flipped").sick(replace(PPO, steps=80, n_envs=4))
    plain = rewards(replace(plan, tampering=()), 20)
    assert rewards(plan, 20) == pytest.approx(np.where(np.arange(20) < 10, plain, -plain))


@pytest.mark.parametrize("plan", [PPO, SAC])
def test_nan_ends_the_run_after_its_half(plan, tmp_path):
    ended = trained("nan-injected", plan, tmp_path)
    assert "distribution Normal" in ended.stopped or "nan" in ended.stopped.lower()
    assert plan.steps / 2 <= ended.steps < plan.steps
    returns = column(tmp_path, "rollout/ep_rew_mean")
    assert math.isfinite(returns[0])
