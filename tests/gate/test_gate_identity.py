"""Which run of a baseline is which run of today."""

import pytest
from every import every
from gate_samples import run

from rldoctor.gate.globs import matches
from rldoctor.gate.identity import Identity, identity, match


def named(*paths):
    return [identity(run(path)) for path in paths]


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("logs/rsl_rl/anymal/2026-05-01_12-30-00", ("logs", "rsl_rl", "anymal", "*")),
        ("runs/CartPole-v1__ppo__1__1714560000", ("runs", "CartPole-v1__ppo__1__*")),
        ("wandb/run-20260501_123000-ab12", ("wandb", "run-*-ab12")),
        ("runs/May04_12-33-17_host", ("runs", "*_host")),
        ("runs/seed-17/lr-0.0003", ("runs", "seed-17", "lr-0.0003")),
        ("a/b/c/d/e", ("b", "c", "d", "e")),
        ("runs/steps1000000000000000/x2048", ("runs", "steps1000000000000000", "x2048")),
    ],
)
def test_dates_and_times_are_no_part_of_a_name_and_seeds_are(path, parts):
    assert identity(run(path)).parts == parts


def test_an_id_that_the_path_does_not_hold_is_part_of_the_name():
    assert identity(run("runs/exp", id="exp#2")).parts == ("runs", "exp", "exp#2")


def test_a_moved_folder_is_recognised_by_the_end_of_its_path():
    assert match(named("/new/place/exp/seed0", "/new/place/exp/seed1"), named("exp/seed1", "exp/seed0")) == [
        (1,),
        (0,),
    ]


def test_the_longest_common_ending_wins_and_is_not_given_away_twice():
    known = named("a/run0", "b/run0")
    assert match(named("x/b/run0", "x/a/run0"), known) == [(1,), (0,)]
    assert match(named("a/run0", "c/run0"), named("a/run0")) == [(0,), ()]


def test_where_two_could_be_meant_none_is():
    assert match(named("new/run0"), named("a/run0", "b/run0")) == [()]
    assert match(named("new/run0", "other/run0"), named("a/run0")) == [(), ()]
    assert match(named("x/a/run0"), named("y/a/run0", "z/a/run0", "w/run0")) == [()]


def test_runs_that_differ_only_in_the_time_are_one():
    known = named("exp/2026-05-01_12-30-00", "exp/2026-05-02_12-30-00")
    assert match(named("exp/2026-06-01_12-30-00"), known) == [(0, 1)]
    assert match(named("other/2026-06-01_12-30-00"), known) == [()]


@pytest.mark.parametrize("change", [{"seed": 1}, {"env": "Walker2d-v5"}, {"algorithm": "sac"}])
def test_another_seed_environment_or_algorithm_is_another_run(change):
    known = Identity(("exp", "run"), "ppo", "Hopper-v5", 0)
    facts = {"algorithm": "ppo", "env": "Hopper-v5", "seed": 0}
    assert match([Identity(("exp", "run"), **facts)], [known]) == [(0,)]
    assert match([Identity(("exp", "run"), **{**facts, **change})], [known]) == [()]
    assert match([Identity(("exp", "run"))], [known]) == [(0,)]


@every(
    ("pattern", "path", "fits"),
    [
        ("runs/legacy", "runs/legacy/a/b", True),
        ("runs/legacy/", "runs/legacy", True),
        ("./runs/*", "runs/a", True),
        ("runs/leg", "runs/legacy", False),
        ("runs/*", "other/runs/a", False),
        ("**/a", "runs/x/a", True),
        ("**/a", "a", True),
        ("runs/**/seed?", "runs/x/y/seed3", True),
        ("runs/**/seed?", "runs/seed3", True),
        ("runs/**", "runs/x/y", True),
        ("runs/[ab]-[!0]", "runs/a-1", True),
        ("runs/[ab]-[!0]", "runs/a-0", False),
        ("runs/a.b+", "runs/axb+", False),
        ("*", "runs/a", True),
        (".", "runs/a", True),
        ("/elsewhere/**", "/elsewhere/deep/run", True),
        ("runs/exp/exp#2", "runs/exp", False),
    ],
)
def test_path_patterns(pattern, path, fits):
    assert matches(pattern, run(path)) is fits


def test_a_pattern_can_name_one_of_several_runs_of_a_directory(tmp_path, monkeypatch):
    assert matches("runs/exp/exp#2", run("runs/exp", id="exp#2"))
    monkeypatch.chdir(tmp_path)
    assert matches("runs/*", run(tmp_path / "runs" / "a"))
