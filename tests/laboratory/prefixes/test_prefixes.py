"""How early the right root is named for good, and whether probabilities hold."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from laboratory.prefixes.calibration import brier, class_claims, mapped, monotone, reliability, root_claims
from laboratory.prefixes.measure import Prefix, cut, numbers, prefixes, right_from, seen
from laboratory.prefixes.page import median_start, page
from laboratory.validation.cases import Label
from laboratory.validation.collect import bundled_runs
from rldoctor import api

SICK = Label("faulty/lr-zero/a2c-CartPole-v1-0", "lr-zero", True, ("CFG-06",), split="hold")
WELL = Label("healthy/ppo-Reacher-v5-1", split="hold")


def part(share: float, first: str = "", kind: str = "kept", probability: float = 1.0) -> Prefix:
    return Prefix(share, "error", first, 0.8, (), kind, probability, 1.0, "episode_return")


def test_a_run_is_cut_at_its_steps() -> None:
    run = api.load(bundled_runs() / WELL.name)[0]
    half = cut(run, 0.5)
    assert half.last_step == pytest.approx(run.last_step / 2, rel=0.05)
    assert all(one.steps[-1] <= run.last_step / 2 for one in half.metrics.series.values())
    assert set(half.metrics.series) <= set(run.metrics.series)


def test_a_healthy_run_has_no_error_on_any_prefix() -> None:
    found = list(prefixes(api.load(bundled_runs() / WELL.name)[0]))
    assert [one.share for one in found] == numbers()["cuts"]
    assert [one.errors for one in found if one.errors] == []


GOOD = "CFG-06"


@pytest.mark.parametrize(
    ("firsts", "start"),
    [
        ((GOOD, GOOD, GOOD), 0.1),
        (("", GOOD, GOOD), 0.3),
        ((GOOD, "", GOOD), 1.0),
        ((GOOD, GOOD, ""), None),
    ],
)
def test_right_for_good(firsts: tuple[str, ...], start: float | None) -> None:
    parts = [part(share, first) for share, first in zip((0.1, 0.3, 1.0), firsts, strict=True)]
    assert right_from(SICK, parts) == start


def test_the_median_counts_those_that_are_never_right() -> None:
    runs = {SICK: [part(0.1, "CFG-06"), part(1.0, "CFG-06")], WELL: [part(1.0)]}
    assert median_start(runs) == 0.1
    assert median_start({SICK: [part(1.0, "OUT-10")]}) == float("inf")


def test_a_class_is_held_against_the_levels_noted_at_the_training() -> None:
    claims = [
        (WELL, part(1.0), (0.0, 5.0)),
        (WELL, part(1.0, kind="flat"), (0.0, 5.0)),
        (WELL, part(1.0), None),
    ]
    assert list(class_claims(claims)) == [(1.0, True), (1.0, False)]
    assert list(class_claims([(WELL, part(1.0, kind="early"), (0.0, 5.0))])) == []
    found = seen(bundled_runs() / WELL.name)
    assert found is not None
    assert np.isfinite(found).all()


def test_a_monotone_map_rises_and_fits_better() -> None:
    draw = np.random.default_rng(0)
    said = draw.uniform(0.01, 1, 400)
    claims = [(float(one), bool(draw.uniform() < one**3)) for one in said]
    points = monotone(claims)
    assert all(before[1] <= after[1] for before, after in pairwise(points))
    assert brier(mapped(claims, points)) < brier(claims)
    assert sum(one.claims for one in reliability(claims)) == 400


def test_only_sick_runs_claim_a_root() -> None:
    assert list(root_claims([(SICK, part(1.0, "CFG-06")), (WELL, part(1.0, "OUT-10"))])) == [(0.8, True)]


def test_the_page() -> None:
    text = page({SICK: [part(0.1, "CFG-06"), part(1.0, "CFG-06")], WELL: [part(0.5), part(1.0)]})
    assert "Of 2 prefixes of healthy runs 0 have an error" in text
    assert "| hold, 1 | 1 (100%)" in text
