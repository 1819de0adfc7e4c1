"""A goal that single episodes reach more and more often: what a report says of the return."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import rldoctor


def monitor(folder: Path, start: float, end: float, episodes: int = 400, seed: int = 0) -> Path:
    """A monitor of Stable-Baselines3: -2 unless the goal is reached, with a probability from start to end."""
    draw = np.random.default_rng(seed)
    reached = draw.random(episodes) < np.linspace(start, end, episodes)
    lengths = np.where(reached, draw.integers(10, 90, episodes), 100)
    rows = [
        f"{1.5 - 0.02 * length if hit else -2.0:.6f},{length},{at * 0.1:.4f}"
        for at, (hit, length) in enumerate(zip(reached, lengths, strict=True))
    ]
    folder.mkdir(parents=True)
    text = "\n".join(['#{"t_start": 1.0, "env_id": "Depot-v0"}', "r,l,t", *rows])
    (folder / "0.monitor.csv").write_text(f"{text}\n", encoding="utf-8")
    return folder


def told(path: Path) -> set[str]:
    found = rldoctor.diagnose(rldoctor.load(path)[0])
    return {root.finding.code for root in found.roots if root.finding.code.startswith("OUT")}


@pytest.mark.parametrize("seed", range(4))
def test_one_that_is_found_is_not_called_flat(tmp_path: Path, seed: int) -> None:
    assert told(monitor(tmp_path / "run", 0.0, 0.4, seed=seed)) == set()


def test_one_that_is_reached_as_often_as_before_is(tmp_path: Path) -> None:
    assert told(monitor(tmp_path / "run", 0.2, 0.2, 1000)) == {"OUT-10"}


def test_the_levels_in_the_head_are_means_and_not_the_floor(tmp_path: Path) -> None:
    found = rldoctor.diagnose(rldoctor.load(monitor(tmp_path / "run", 0.25, 0.25, 1500))[0])
    levels = [float(text) for text in re.findall(r"-?\d+\.\d+", found.outcome_note)[:2]]
    assert levels == pytest.approx([-1.37, -1.37], abs=0.1)
