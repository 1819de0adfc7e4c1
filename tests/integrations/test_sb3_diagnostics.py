"""The diagnostics callback on real, tiny trainings of every supported algorithm."""

import csv
import logging
import math
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("stable_baselines3")

from rldoctor import api
from rldoctor.datafiles.canonical import canonical
from rldoctor.integrations.sb3 import DiagnosticsCallback
from rldoctor.vocabulary.tables import load_table

OFF = {"learning_starts": 60, "batch_size": 16, "buffer_size": 1000}
ON = {"n_steps": 64}
BATCHED = {**ON, "batch_size": 32}
QS = {"q_mean", "q_std", "q_policy_mean", "buffer_size", "replay_age_mean", "replay_reward_mean"}
TWINS = {"q2_mean", "twin_q_gap", "grad_norm_actor", "grad_norm_critic", "action_saturation"}
STOCHASTIC = {"entropy", "policy_std"}
ROLLOUT = {"advantage_std_raw", "advantage_mean", "return_std", "value_mean"}
GRADIENTS = {"grad_norm", "grad_norm_actor", "grad_norm_critic", "action_saturation"}
CASES = {
    "SAC": ("Pendulum-v1", OFF, QS | TWINS | STOCHASTIC),
    "TQC": ("Pendulum-v1", OFF, QS | TWINS | STOCHASTIC),
    "TD3": ("Pendulum-v1", OFF, QS | TWINS),
    "DDPG": ("Pendulum-v1", OFF, QS | TWINS - {"q2_mean", "twin_q_gap"}),
    "DQN": ("CartPole-v1", {**OFF, "target_update_interval": 50}, QS | {"grad_norm"}),
    "PPO": ("Pendulum-v1", {**BATCHED, "n_epochs": 2}, ROLLOUT | GRADIENTS),
    "A2C": ("Pendulum-v1", ON, ROLLOUT | GRADIENTS),
    "TRPO": ("Pendulum-v1", BATCHED, ROLLOUT | {"grad_norm_critic", "entropy", "action_saturation"}),
}


def built(name, seed=0, **more):
    import sb3_contrib
    import stable_baselines3

    env, hyper, _ = CASES[name]
    kind = getattr(stable_baselines3, name, None) or getattr(sb3_contrib, name)
    nets = {"policy_kwargs": {"net_arch": [16]}}
    return kind("MlpPolicy", env, seed=seed, device="cpu", **{**nets, **hyper, **more})


def trained(name, folder, callback, steps=450, **more):
    from stable_baselines3.common.logger import configure

    model = built(name, **more)
    model.set_logger(configure(str(folder), ["csv"]))
    model.learn(steps, callback=callback, log_interval=1)
    model.logger.close()
    return model


def rows(folder):
    with (folder / "progress.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", CASES)
def test_every_algorithm_logs_its_metrics_and_the_vocabulary_knows_them(name, tmp_path, caplog):
    trained(name, tmp_path, DiagnosticsCallback(every=5, batch=32))
    logged = {
        key.removeprefix("rldoctor/")
        for row in rows(tmp_path)
        for key, cell in row.items()
        if key.startswith("rldoctor/") and cell and math.isfinite(float(cell))
    }
    assert logged == CASES[name][2] | {"parameter_change"} | (
        {"replay_reward_std"} if "buffer_size" in logged else set()
    )
    assert caplog.text == ""
    run = next(iter(api.load(tmp_path)))
    assert run.framework == "stable_baselines3"
    assert not [one.tag for one in run.metrics.unmapped]
    for metric in logged:
        assert metric in run.metrics, f"{metric} was logged and is not read back"


def test_every_tag_is_a_canonical_metric_of_the_same_name():
    table = load_table("stable_baselines3").metrics
    ours = {tag: rules for tag, rules in table.items() if tag.startswith("rldoctor/")}
    assert len(ours) > 15
    for tag, rules in ours.items():
        assert rules[0].metric == tag.removeprefix("rldoctor/")
        assert rules[0].metric in canonical().units


@pytest.mark.parametrize("name", ["SAC", "PPO", "TD3"])
def test_the_training_is_the_same_bit_for_bit(name, tmp_path):
    import torch

    plain = trained(name, tmp_path / "plain", None)
    watched = trained(name, tmp_path / "watched", DiagnosticsCallback(every=3))
    pairs = zip(plain.policy.state_dict().items(), watched.policy.state_dict().items(), strict=True)
    assert all(torch.equal(one, other) for (_, one), (_, other) in pairs)


def test_gradient_norms_are_those_before_clipping(tmp_path):
    trained("PPO", tmp_path, DiagnosticsCallback(), max_grad_norm=1e-6)
    norms = [float(row["rldoctor/grad_norm"]) for row in rows(tmp_path) if row["rldoctor/grad_norm"]]
    assert norms
    assert min(norms) > 1e-3


def test_the_whole_norm_joins_actor_and_critic():
    import torch

    from rldoctor.integrations.sb3.gradients import GradientWatch, watched_parameters

    model = built("PPO")
    watch, seen = GradientWatch(watched_parameters(model), steps=1), {}
    watch.arm(seen.__setitem__)
    sum(parameter.square().sum() for parameter in model.policy.parameters()).backward()
    expected = torch.cat([2 * p.detach().reshape(-1) for p in model.policy.parameters()]).norm()
    model.policy.optimizer.step()
    assert seen["grad_norm"] == pytest.approx(float(expected), rel=1e-5)
    assert seen["grad_norm_actor"] ** 2 + seen["grad_norm_critic"] ** 2 == pytest.approx(
        seen["grad_norm"] ** 2, rel=1e-5
    )
    seen.clear()
    sum(parameter.square().sum() for parameter in model.policy.parameters()).backward()
    model.policy.optimizer.step()
    assert seen == {}, "the hooks remove themselves after the steps they were asked for"


def test_a_frozen_actor_has_gradient_norm_zero(tmp_path):
    from stable_baselines3.common.logger import configure

    from rldoctor.training.surgery import freeze_actor

    model = built("PPO")
    freeze_actor(model)
    model.set_logger(configure(str(tmp_path), ["csv"]))
    model.learn(200, callback=DiagnosticsCallback())
    last = rows(tmp_path)[-1]
    assert float(last["rldoctor/grad_norm_actor"]) == 0.0
    assert float(last["rldoctor/grad_norm_critic"]) > 0.0
    assert float(last["rldoctor/parameter_change"]) == 0.0


def test_values_on_a_buffer_that_is_known():
    import numpy as np

    from rldoctor.integrations.sb3.replay import replay_measures

    model = built("SAC")
    assert replay_measures(model) == {}
    buffer = model.replay_buffer
    for index in range(10):
        one = np.zeros((1, 3), dtype=np.float32)
        buffer.add(one, one, np.zeros((1, 1)), np.array([float(index)]), np.array([False]), [{}])
    measures = replay_measures(model)
    assert measures["buffer_size"] == 10
    assert measures["replay_age_mean"] == 4.5
    assert measures["replay_reward_mean"] == pytest.approx(4.5)
    assert measures["replay_reward_std"] == pytest.approx(np.std(np.arange(10)))


def test_saturation_counts_components_within_one_percent_of_a_bound():
    import numpy as np
    from gymnasium.spaces import Box

    from rldoctor.integrations.sb3.rollouts import _saturation

    space = Box(np.array([-2.0, -np.inf]), np.array([2.0, np.inf]), dtype=np.float64)
    actions = np.array([[[1.99, 9.0]], [[-5.0, 9.0]], [[1.9, 9.0]], [[0.0, 9.0]]])
    assert _saturation(actions, space) == {"action_saturation": 0.5}
    assert _saturation(actions, Box(-np.inf, np.inf, (2,))) == {}


def test_a_policy_that_cannot_be_measured_is_told_once_and_trains_on(tmp_path, caplog, monkeypatch):
    from stable_baselines3.sac.policies import Actor

    monkeypatch.setattr(Actor, "get_action_dist_params", property(lambda self: 1 / 0))
    with caplog.at_level(logging.WARNING, logger="rldoctor"):
        model = built("SAC")
        monkeypatch.undo()
        monkeypatch.setattr("rldoctor.integrations.sb3.diagnostics.batch_measures", lambda *_: 1 / 0)
        model.set_logger(__import__("stable_baselines3").common.logger.configure(str(tmp_path), ["csv"]))
        model.learn(450, callback=DiagnosticsCallback(every=5), log_interval=1)
    assert model.num_timesteps == 450
    assert caplog.text.count("cannot measure the replay batch") == 1
    assert any(row.get("rldoctor/replay_reward_mean") for row in rows(tmp_path))


def test_goals_and_step_success_are_logged_for_a_goal_task(tmp_path):
    pytest.importorskip("gymnasium_robotics")
    import gymnasium as gym
    import gymnasium_robotics
    from stable_baselines3 import SAC
    from stable_baselines3.common.logger import configure

    gym.register_envs(gymnasium_robotics)
    hyper = {"policy_kwargs": {"net_arch": [16]}, "learning_starts": 40, "batch_size": 16, "buffer_size": 500}
    model = SAC("MultiInputPolicy", gym.make("FetchReachDense-v4"), seed=0, device="cpu", **hyper)
    model.set_logger(configure(str(tmp_path), ["csv"]))
    model.learn(150, callback=DiagnosticsCallback(every=10), log_interval=1)
    last = rows(tmp_path)[-1]
    # the reward of the dense task is minus the distance
    assert float(last["rldoctor/goal_distance"]) == pytest.approx(
        -float(last["rldoctor/replay_reward_mean"]), rel=0.2
    )
    assert 0.0 <= float(last["rldoctor/step_success_rate"]) <= 1.0


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        DiagnosticsCallback(every=0)


def test_without_stable_baselines3_the_import_says_what_to_install():
    code = "import sys; sys.modules['stable_baselines3'] = None\nimport rldoctor.integrations.sb3"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=False)
    assert "MissingExtraError" in done.stderr
    assert "Stable-Baselines3" in done.stderr
