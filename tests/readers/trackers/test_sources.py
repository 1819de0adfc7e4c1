"""Logs by the loggers of Tinker, DreamerV3, Brax, RLinf (``write_sources.py``): every name is understood."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tracker_files import unpacked

from rldoctor import load
from rldoctor.model.run import Run


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked("sources", tmp_path_factory.mktemp("sources"))


def loaded(folder: Path, framework: str) -> Run:
    (run,) = load(folder)
    assert run.framework == framework
    assert not run.metrics.unmapped
    return run


def rows(path: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_tinker(logs: Path) -> None:
    run = loaded(logs / "tinker", "tinker")
    written = rows(logs / "tinker" / "metrics.jsonl")
    for name, tag in (
        ("episode_return", "env/all/reward/total"),
        ("groups_all_fail", "env/all/by_group/frac_all_bad"),
        ("engine_kl", "optim/kl_sample_train_v2"),
        ("entropy", "optim/entropy"),
        ("response_length", "env/all/ac_tokens_per_turn"),
    ):
        np.testing.assert_array_equal(run.metrics[name].values, [row[tag] for row in written])
    assert run.config.number("group_size") == 4
    assert run.axis == "updates"


def test_dreamerv3(logs: Path) -> None:
    run = loaded(logs / "dreamerv3", "dreamerv3")
    assert run.axis == "frames"
    assert run.metrics["episode_return"].steps.tolist() == [4000.0 * (row + 1) for row in range(30)]
    assert run.metrics["episode_return"].values.tolist() == [row - 20.0 for row in range(30)]
    assert run.metrics["gradient_updates"].values[-1] == 32 * 29


def test_rlinf(logs: Path) -> None:
    run = loaded(logs / "rlinf", "rlinf")
    assert run.axis == "iterations"
    assert run.metrics["success_rate"].values[-1] > 0.8
    np.testing.assert_allclose(
        run.metrics["episode_return"].values, 5 * run.metrics["success_rate"].values, rtol=1e-6
    )
    assert run.config.number("clip_range") == 0.2


def test_brax(logs: Path) -> None:
    """With ``log_training_metrics`` its losses are called ``episode/...``, as the terms of the reward are."""
    run = loaded(logs / "brax", "brax")
    written = rows(logs / "brax" / "metrics.jsonl")
    evaluated = [row["eval/episode_reward"] for row in written if "eval/episode_reward" in row]
    assert run.metrics["eval_return"].values.tolist() == evaluated
    for name, tag, factor in (
        ("approx_kl", "kl_mean", 1),
        ("value_loss", "v_loss", 4),
        ("entropy", "entropy_loss", -100),
    ):
        found = run.metrics[name].values.tolist()
        expected = [row[f"training/{tag}"] * factor for row in written if f"training/{tag}" in row]
        assert found == pytest.approx(expected), name
    assert "reward_component" not in run.metrics.series
    assert run.axis == "frames"
    assert run.config.number("n_epochs") == 4
