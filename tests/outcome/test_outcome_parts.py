"""The parts against slower ways to the same numbers."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from rldoctor.errors import RuleError
from rldoctor.model.outcome import Curve
from rldoctor.outcome.criteria_file import load_criteria
from rldoctor.outcome.draws import colouring, draw
from rldoctor.outcome.partition import by_stretches
from rldoctor.outcome.ramps import by_ramps
from rldoctor.outcome.rows import prepare

RULES = Path(__file__).parents[2] / "rules"


def whitened(columns: np.ndarray, rho: float) -> np.ndarray:
    added = columns.copy()
    added[1:] -= rho * columns[:-1]
    added[0] *= np.sqrt(1 - rho**2)
    return added


def left_over(values: np.ndarray, rho: float, line: bool) -> float:
    """Residual sum of squares of a stretch, by least squares on whitened rows."""
    place = np.arange(len(values), dtype=float)
    design = np.stack([np.ones_like(place), place], axis=1)[:, : 2 if line else 1]
    white, target = whitened(design, rho), whitened(values[:, None], rho)[:, 0]
    fit = white @ np.linalg.lstsq(white, target, rcond=None)[0]
    return float(np.sum((target - fit) ** 2))


@pytest.mark.parametrize("rho", [0.0, 0.7])
def test_the_cuts_are_the_best_of_all(criteria, rho: float) -> None:
    values = np.append(np.linspace(0, 3, 9), np.linspace(8, 5, 11)) + np.random.default_rng(
        0
    ).standard_normal(20)
    rows = prepare(Curve(np.arange(20.0), values), criteria)
    assert rows.spread.tolist() == [1.0] * 20
    found = {len(one.cuts): one for one in by_stretches(rows, np.array([rho]), criteria)}
    lines = criteria.whole("line_rows")
    for count in (2, 3):
        every = [
            (0, *cuts)
            for cuts in combinations(range(2, 19), count - 1)
            if min(np.diff([0, *cuts, 20])) >= criteria["shortest_rows"]
        ]

        def total(cuts: tuple[int, ...]) -> float:
            ends = [*cuts[1:], 20]
            return sum(
                left_over(rows.values[a:b], rho, b - a >= lines) for a, b in zip(cuts, ends, strict=True)
            )

        best = min(every, key=total)
        assert found[count].cuts == best
        assert found[count].variance == pytest.approx(total(best) / (20 - 2 * count), rel=1e-3)


def test_the_first_ramp_is_the_best_of_all(criteria) -> None:
    values = np.clip(np.arange(40) - 10, 0, 10) + 0.3 * np.random.default_rng(1).standard_normal(40)
    rows = prepare(Curve(np.arange(40.0), values), criteria)
    found = next(one for one in by_ramps(rows, np.array([0.4]), criteria) if len(one.ramps) == 1)
    (start, end) = found.ramps[0]
    assert (start, end) == (pytest.approx(10, abs=2), pytest.approx(20, abs=2))
    ramp = np.clip((np.arange(40) - start) / (end - start), 0, 1)
    spread = rows.spread[:, None]
    design = whitened(np.stack([np.ones(40), ramp], axis=1) / spread, 0.4)
    target = whitened(rows.values[:, None] / spread, 0.4)[:, 0]
    residual = target - design @ np.linalg.lstsq(design, target, rcond=None)[0]
    assert found.variance == pytest.approx(float(residual @ residual) / (40 - 3), rel=5e-3)


def test_drawn_levels_have_the_error_of_a_mean_in_slow_noise(criteria) -> None:
    """Standard deviation of the mean of n AR(1) rows, from its covariance matrix."""
    noise = colouring(100, 0.7) @ np.random.default_rng(2).standard_normal(100)
    rows = prepare(Curve(np.arange(100.0), noise), criteria)
    model = next(one for one in by_ramps(rows, np.array([0.7]), criteria) if one.constant)
    gap = np.abs(np.subtract.outer(np.arange(100), np.arange(100)))
    expected = np.sqrt(model.variance / (1 - 0.49) * np.mean(0.7**gap))
    assert np.std(draw(rows, model, criteria).drawn[0]) == pytest.approx(expected, rel=0.2)


def test_single_rows_that_stand_out_are_drawn_in(criteria) -> None:
    values = np.random.default_rng(3).standard_normal(60)
    values[30] = 500
    values[45:47] = 500
    rows = prepare(Curve(np.arange(60.0), values), criteria)
    assert rows.values[30] < 10
    assert rows.values[45:47].tolist() == [500, 500]


def test_at_most_so_many_rows(criteria) -> None:
    rows = prepare(Curve(np.arange(5000.0), np.random.default_rng(4).standard_normal(5000)), criteria)
    assert rows.size == criteria["rows"]
    assert (rows.points, rows.dropped) == (5000, 0)


def test_the_noise_of_an_episode_behind_a_moving_mean(criteria) -> None:
    episodes = 7 * np.random.default_rng(5).standard_normal(1099)
    mean = np.convolve(episodes, np.ones(100) / 100, "valid")
    curve = Curve(np.arange(100.0, 1100.0), mean + np.linspace(0, 50, 1000), 100, 100.0)
    assert prepare(curve, criteria).episode_noise == pytest.approx(7, rel=0.25)


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("limits: 3\ngrids: {}", ":1:9", "a mapping under 'limits'"),
        ("[]", ":1:1", "expected a mapping with"),
        ("limits:\n  rows: {value: x, unit: a, note: b}\ngrids: {}", ":2:17", "expected a number, found 'x'"),
        ("limits:\n  rows: {value: 3, unit: a}\ngrids: {}", ":2:9", "expected value, unit, note"),
        ("limits: {}\ngrids:\n  a: {value: [2, 1], unit: a, note: b}", ":3:14", "a rising list of numbers"),
    ],
)
def test_a_wrong_file_is_located(tmp_path: Path, text: str, place: str, expected: str) -> None:
    (tmp_path / "outcome.yaml").write_text(text)
    with pytest.raises(RuleError, match=expected) as error:
        load_criteria(tmp_path)
    assert place in str(error.value)


def test_every_number_of_the_file_is_used_and_every_name_is_in_it() -> None:
    package = RULES.parent / "rldoctor"
    judges = (
        "achieved.py",
        "assumption.py",
        "gains.py",
        "own_episodes.py",
        "reward_scale.py",
        "small_batches.py",
    )
    files = [*(package / "outcome").glob("*.py"), *(package / "engine" / name for name in judges)]
    source = "\n".join(path.read_text() for path in files)
    criteria = load_criteria(RULES)
    unused = [name for name in (*criteria.limits, *criteria.grids) if f'"{name}"' not in source]
    assert unused == []
