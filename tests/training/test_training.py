"""Short real trainings: what they write, what the faults do to the model, and that a seed repeats itself."""

import csv
import json
import math
from dataclasses import replace

import pytest

from rldoctor.training.__main__ import main
from rldoctor.training.catalog import find_task
from rldoctor.training.faults import find_fault
from rldoctor.training.plan import Plan
from rldoctor.yamlio import load_yaml

pytest.importorskip("stable_baselines3")

CLOCK = {"time/fps", "time/time_elapsed"}
SMALL = {"batch_size": 32, "policy_kwargs": {"net_arch": [16]}, "learning_starts": 50}


def rows(folder):
    with (folder / "progress.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def numbers(folder):
    return [{key: value for key, value in row.items() if key not in CLOCK} for row in rows(folder)]


def test_the_command_trains_logs_and_records(tmp_path, capsys):
    store = tmp_path / "store"
    command = ["--env", "Pendulum-v1", "--algo", "sac", "--steps", "420", "--seed", "1", "--probe"]
    options = [
        "--set",
        "learning_starts=300",
        "--fault",
        "target-entropy-high",
        "--out",
        str(tmp_path / "run"),
    ]
    assert main([*command, *options, "--record", str(store)]) == 0
    folder = store / "faulty" / "target-entropy-high" / "sac-Pendulum-v1-1"
    assert str(folder) in capsys.readouterr().out
    last = rows(folder)[-1]
    assert int(last["time/total_timesteps"]) == 400
    assert math.isfinite(float(last["train/q_mean"]))
    assert float(last["train/q_mean"]) <= float(last["train/q1_mean"]) + 1e-6
    assert len(list(folder.glob("events.out.tfevents.*.reference.0"))) == 1
    run = load_yaml(folder / "run.yaml")
    assert (run["label"], run["split"], run["steps"]) == ("faulty", "hold", 420)
    assert run["expected"]["roots"] == ["ENT-07"]
    assert str(tmp_path) not in run["command"]
    assert run["command"].endswith("--fault target-entropy-high --out DIR")


def test_the_config_holds_defaults_budget_and_versions_but_not_the_fault(tmp_path):
    from rldoctor.training.train import train

    plan = replace(find_fault("reward-zero").sick(find_task("ppo", "Hopper-v5").plan()), steps=64)
    train(plan.with_hyper(n_steps=64), tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    assert (config["n_epochs"], config["clip_range"], config["target_kl"]) == (10, 0.2, None)
    assert (config["algo"], config["env_id"], config["total_timesteps"]) == ("ppo", "Hopper-v5", 64)
    assert (config["action_dim"], config["max_episode_steps"], config["n_envs"]) == (3, 1000, 1)
    assert (config["action_low"], config["action_high"]) == (-1.0, 1.0)
    assert "stable_baselines3" in config["versions"]
    assert "reward-zero" not in json.dumps(config)


def test_the_same_seed_gives_the_same_log_and_another_seed_another(tmp_path):
    from rldoctor.training.train import train

    plan = Plan("sac", "Pendulum-v1", steps=200, hyper={**SMALL, "learning_starts": 150})
    train(plan, tmp_path / "a")
    train(plan, tmp_path / "b")
    train(replace(plan, seed=1), tmp_path / "c")
    assert numbers(tmp_path / "a") == numbers(tmp_path / "b")
    assert numbers(tmp_path / "a") != numbers(tmp_path / "c")


def test_a_frozen_actor_stays_while_its_critic_moves():
    import torch

    from rldoctor.training.train import build_model

    plan = find_fault("frozen-actor").sick(Plan("ppo", "Pendulum-v1", steps=64, hyper={"n_steps": 64}))
    model = build_model(plan)
    before = {name: value.clone() for name, value in model.policy.state_dict().items()}
    model.learn(64)
    moved = {n for n, value in model.policy.state_dict().items() if not torch.equal(value, before[n])}
    assert moved
    assert all("value_net" in name for name in moved)


def test_the_probe_reads_discrete_critics_too(tmp_path):
    from rldoctor.training.train import train

    plan = Plan("dqn", "CartPole-v1", steps=300, hyper=SMALL, log_interval=2, probe=True)
    train(plan, tmp_path)
    last = rows(tmp_path)[-1]
    assert float(last["train/q_policy_mean"]) >= float(last["train/q_mean"])


def test_a_folder_that_holds_a_run_is_refused(tmp_path, capsys):
    (tmp_path / "progress.csv").write_text("a\n1\n")
    assert main(["--env", "Pendulum-v1", "--algo", "sac", "--out", str(tmp_path)]) == 2
    assert "already holds a run" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["progress.csv"]


def test_recording_again_replaces_the_event_file(tmp_path):
    from rldoctor.training.record import record
    from rldoctor.training.train import train

    plan = Plan("ppo", "Pendulum-v1", steps=32, hyper={"n_steps": 32, "batch_size": 32, "n_epochs": 1})
    for name in ("first", "second"):
        trained = train(plan, tmp_path / name)
        event = next(trained.folder.glob("events.*"))
        event.rename(event.with_name(f"events.out.tfevents.{len(name)}.host.1.0"))
        folder = record(plan, trained, tmp_path / "store", ["python"])
    assert [path.name for path in folder.glob("events.*")] == ["events.out.tfevents.6.reference.0"]


def test_wrong_options_are_one_clear_error(tmp_path, capsys):
    task = ["--env", "Pendulum-v1", "--algo", "sac", "--out", str(tmp_path)]
    assert main([*task, "--fault", "rewardzero"]) == 2
    assert "did you mean 'reward-zero'" in capsys.readouterr().err
    assert main([*task, "--set", "batch_size"]) == 2
    assert "KEY=VALUE" in capsys.readouterr().err
