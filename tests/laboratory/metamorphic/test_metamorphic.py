"""What may not change a diagnosis, on a fixed sample; ``python -m laboratory.metamorphic`` takes all runs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from laboratory.metamorphic.changes import of_raw, scaled
from laboratory.metamorphic.measure import Changed, Essence, changed, raw_run
from laboratory.metamorphic.numbers import numbers
from laboratory.metamorphic.page import page
from laboratory.metamorphic.score import Pair, score
from laboratory.validation.cases import Label
from laboratory.validation.collect import bundled_runs
from rldoctor.vocabulary.mapping import understand

HEALTHY = (
    "healthy/a2c-CartPole-v1-0",
    "healthy/ppo-Hopper-v5-0",
    "healthy/dqn-CartPole-v1-1",
    "healthy/sac-FetchReach-v4-0",
)
SICK = (
    "faulty/learning-to-die/ppo-Walker2d-v5-0",
    "faulty/fps-degrading/ppo-InvertedPendulum-v5-0",
    "faulty/nan-injected/ppo-Hopper-v5-1",
    "faulty/lr-annealed-early/ppo-InvertedPendulum-v5-1",
)
# How a log is written, and not what is in it.
WRITTEN = ("tags in reverse order", "prefix before tags", "tags in upper case", "unrelated tags")


@cache
def changes(name: str) -> tuple[Changed, ...]:
    return tuple(changed(name, bundled_runs() / name, ("rows", "scale")))


def label(name: str) -> Label:
    return Label(name, fault="" if name in HEALTHY else "one", shows=name not in HEALTHY or None)


@pytest.mark.parametrize("name", [*HEALTHY, *SICK])
def test_the_way_a_log_is_written_changes_nothing(name: str) -> None:
    found = {one.change: (one.before, one.after) for one in changes(name)}
    assert {change: pair for change, pair in found.items() if change in WRITTEN and pair[0] != pair[1]} == {}


@pytest.mark.parametrize("name", HEALTHY)
def test_no_new_error_on_a_healthy_run(name: str) -> None:
    assert [(one.change, one.new_errors) for one in changes(name) if one.new_errors] == []


@pytest.mark.parametrize("name", SICK)
def test_fewer_rows_make_no_sick_run_healthy(name: str) -> None:
    assert [one.change for one in changes(name) if one.change.startswith("every") and one.made_healthy] == []


@pytest.mark.parametrize(
    "name", ["healthy/ppo-Hopper-v5-0", "faulty/lr-annealed-early/ppo-InvertedPendulum-v5-1"]
)
def test_formats(name: str) -> None:
    # Stable-Baselines3's own writer is torch's, which the extra `dev` alone does not bring.
    pytest.importorskip("torch")
    found = list(changed(name, bundled_runs() / name, ("formats",)))
    assert [one.change for one in found] == ["format csv", "format jsonl", "format tensorboard"]
    assert [one.change for one in found if one.flipped] == []


def test_a_metric_less_makes_no_sick_run_healthy() -> None:
    name = "faulty/learning-to-die/ppo-Walker2d-v5-0"
    found = list(changed(name, bundled_runs() / name, ("gaps",)))
    assert len(found) > 10
    assert [one.change for one in found if one.made_healthy] == []


def test_the_changes_do_what_they_say() -> None:
    raw = raw_run(bundled_runs() / HEALTHY[0])
    made = {name: change(raw) for name, change in of_raw().items()}
    rows = max(one.steps.size for one in raw.series)
    assert max(one.steps.size for one in made["every 5 rows"].series) == rows // 5
    assert made["no configuration"].settings == []
    assert len(made["unrelated tags"].series) == len(raw.series) + numbers().junk
    plain, spread, valued = (
        {one.tag: one.values for one in run.series}
        for run in (raw, made["1 % noise"], made["noise of 1 % of each value"])
    )
    tag = "rollout/ep_rew_mean"
    assert np.array_equal(plain["time/total_timesteps"], spread["time/total_timesteps"])
    assert np.nanstd(spread[tag] - plain[tag]) / np.nanstd(plain[tag]) == pytest.approx(0.01, rel=0.3)
    assert np.nanstd(valued[tag] / plain[tag] - 1) == pytest.approx(numbers().noise, rel=0.3)


def test_scaling_keeps_the_unit_of_each_metric() -> None:
    run = understand(raw_run(bundled_runs() / HEALTHY[0]))
    found = scaled(run, 100).metrics
    for name, power in (("episode_return", 1), ("value_loss", 2), ("episode_length", 0)):
        assert np.allclose(found[name].values, run.metrics[name].values * 100.0**power, equal_nan=True)


def test_the_page_names_what_breaks_a_criterion() -> None:
    well, broken = Essence("healthy", (), "", "kept"), Essence("error", ("OUT-02",), "OUT-02", "lost")
    pairs: list[Pair] = [
        (label(HEALTHY[0]), Changed(HEALTHY[0], "every 2 rows", well, broken)),
        (label(SICK[0]), Changed(SICK[0], "without train/loss", broken, well)),
        (label(SICK[1]), Changed(SICK[1], "every 2 rows", broken, broken)),
    ]
    scores = score(pairs)
    assert [(one.new_errors, one.made_healthy, one.met) for one in scores] == [(1, 0, False), (0, 1, False)]
    text = page(scores, 3)
    assert f"| {HEALTHY[0]} | every 2 rows | healthy | error OUT-02 |" in text
    assert "Every criterion is met" in page(score(pairs[2:]), 1)


def test_noise_may_flip_one_verdict_in_fifty() -> None:
    well, broken = Essence("healthy", (), "", "kept"), Essence("warning", (), "OUT-02", "kept")
    same = [(label(SICK[0]), Changed(SICK[0], "1 % noise", well, well))] * 98
    other = [(label(SICK[0]), Changed(SICK[0], "1 % noise", well, broken))]
    assert score([*same, *other * 2])[0].met
    assert not score([*same, *other * 3])[0].met


def test_runs_of_a_folder(tmp_path: Path) -> None:
    from rldoctor.errors import ReadError

    with pytest.raises(ReadError):
        raw_run(tmp_path)
