"""Names that tell runs apart."""

from dataclasses import replace
from pathlib import Path

from report_samples import healthy, ppo_run

from rldoctor.model.config import Knob, RunConfig
from rldoctor.report.run_names import full_names, names, relative_names


def run(path, identity="", **settings):
    knobs = {name: Knob(name, value, name, value, "x") for name, value in settings.items()}
    return healthy(replace(ppo_run(path=Path(path)), id=identity or path, config=RunConfig(knobs)))


def test_what_all_have_in_common_is_left_out_at_both_ends():
    runs = [run("logs/lr-low/seed_1/PPO_1"), run("logs/lr-high/seed_1/PPO_1")]
    assert names(runs) == ["lr-low", "lr-high"]
    assert relative_names(runs) == ["lr-low/seed_1/PPO_1", "lr-high/seed_1/PPO_1"]
    assert full_names(runs) == ["logs/lr-low/seed_1/PPO_1", "logs/lr-high/seed_1/PPO_1"]


def test_runs_of_one_path_are_told_by_their_ids():
    runs = [run("table.csv", "table.csv#a"), run("table.csv", "table.csv#b")]
    assert names(runs) == ["table.csv#a", "table.csv#b"]
    assert full_names(runs) == ["table.csv#a", "table.csv#b"]


def test_random_ids_are_told_by_what_was_set():
    runs = [run("wandb/3kd82jx1", learning_rate=0.001), run("wandb/9xj3ksl2", learning_rate=0.1, seed=1)]
    assert names(runs) == [
        "3kd82jx1 (learning_rate=0.001, seed=default)",
        "9xj3ksl2 (learning_rate=0.1, seed=1)",
    ]
    assert names(runs[:1] * 2) == ["wandb/3kd82jx1 (1)", "wandb/3kd82jx1 (2)"]


def test_no_two_names_are_the_same():
    runs = [run("a", "x"), run("a", "x"), run("b", "x")]
    assert len(set(names(runs))) == 3
