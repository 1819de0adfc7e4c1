"""Aim repositories that mislead: steps out of order, runs without metrics, lost data (items 51 to 53)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trap_logs import Floats, alarms, fired, outcome, rise, source

from rldoctor.api import LoadResult, diagnose, load
from rldoctor.model.finding import Diagnosis, Outcome, Severity

POINTS = 80
STEPS = 4000 * np.arange(1, POINTS + 1)


def open_run(root: Path, name: str) -> Any:
    from aim import Run

    run = Run(repo=str(root), system_tracking_interval=None, capture_terminal_logs=False)
    if name:
        run.name = name
    return run


def track(run: Any, level: Floats, kl: Floats, entropy: Floats) -> None:
    """Metrics of an SB3 callback, in the order in which threads happened to write them."""
    noise = source(121)
    columns = {
        "ep_rew_mean": level + noise.normal(0, 5, POINTS),
        "ep_len_mean": np.full(POINTS, 200.0),
        "approx_kl": kl,
        "entropy_loss": -entropy,
        "explained_variance": 0.8 + noise.normal(0, 0.05, POINTS),
        "clip_fraction": kl * 10,
        "n_updates": 10.0 * np.arange(1, POINTS + 1),
        "value_loss": 5 * np.exp(noise.normal(0, 0.3, POINTS)),
    }
    for index in noise.permutation(POINTS):
        for name, values in columns.items():
            run.track(float(values[index]), name=name, step=int(STEPS[index]), context={"subset": "train"})
    run["hparams"] = {"algo": "ppo", "n_steps": 4000, "learning_rate": 3e-4, "total_timesteps": 320_000}
    run.close()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> LoadResult:
    """A healthy run, a frozen one without a name, two that never logged a metric, one whose data is lost."""
    sdk = pytest.importorskip("aim.sdk.repo")
    root = tmp_path_factory.mktemp("aim-traps")
    sdk.Repo(str(root), init=True).close()
    p, noise = STEPS / STEPS[-1], source(122)
    healthy_kl = np.abs(0.008 + noise.normal(0, 0.001, POINTS))
    track(open_run(root, "PPO-001 20->1"), -100 + 400 * rise(p, 0.4, 0.1), healthy_kl, 2.8 - 1.2 * p)
    track(open_run(root, ""), np.full(POINTS, -100.0), np.full(POINTS, 3e-9), np.full(POINTS, 2.8379))
    lost = open_run(root, "lost")
    track(lost, np.full(POINTS, -100.0), healthy_kl, 2.8 - 1.2 * p)
    for kind in ("crashed-before-logging", "another"):
        empty = open_run(root, kind)
        empty["hparams"] = {"learning_rate": 3e-4}
        empty.close()
    for path in (root / ".aim" / "seqs" / "chunks" / str(lost.hash)).glob("*"):
        if path.suffix in {".sst", ".log"}:
            path.unlink()
    return load(root)


def with_metrics(repository: LoadResult) -> list[Diagnosis]:
    return [diagnose(run) for run in repository if "approx_kl" in run.metrics.series]


def test_item_51_curves_are_in_the_order_of_their_steps(repository: LoadResult) -> None:
    for diagnosis in with_metrics(repository):
        metric = diagnosis.run.metrics["episode_return"]
        assert metric.steps.tolist() == STEPS.tolist()
    healthy, frozen = sorted(with_metrics(repository), key=lambda one: len(alarms(one)))
    assert alarms(healthy) == []
    assert healthy.run.metrics["episode_return"].values[-10:].mean() > 250
    assert {"POL-01", "OUT-10"} <= set(fired(frozen))
    assert frozen.roots[0].severity is Severity.CRITICAL


def noted(repository: LoadResult, code: str) -> list[Diagnosis]:
    return [diagnose(run) for run in repository if code in {note.code for note in run.notes}]


def test_item_52_runs_without_metrics_are_told_and_get_no_finding(repository: LoadResult) -> None:
    empty = noted(repository, "aim-no-metrics")
    assert len(empty) == 2
    for diagnosis in empty:
        assert fired(diagnosis) == {}
        assert diagnosis.verdict == "not_enough_data", "silence is no pass"
        assert outcome(diagnosis, "LOG-01") is Outcome.NOT_MEASURED


def test_item_53_lost_blobs_cost_only_their_run(repository: LoadResult) -> None:
    assert repository.failures == ()
    assert len(repository) == 5
    assert len(with_metrics(repository)) == 2, "the healthy and the frozen run are read in full"
    (lost,) = noted(repository, "aim-metric-unreadable")
    assert (fired(lost), lost.verdict) == ({}, "not_enough_data")
    assert lost.run.config.number("learning_rate") == 3e-4, "its parameters are kept"
    assert any("8 metric(s) could not be read" in note.text for note in lost.run.notes)
