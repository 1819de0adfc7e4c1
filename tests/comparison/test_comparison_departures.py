"""Which metric leaves the base's spread first."""

import math

import numpy as np
import pytest
from arms import CRITERIA, POINTS, STEPS, arm, run_of

from rldoctor.comparison.departures import find_departures
from rldoctor.errors import UsageError
from rldoctor.model.comparison import Arm


def shifted(name, seed, *, kl_at=None, return_at=None, seeds=3):
    """Runs whose KL triples and whose return falls by 150 from given points on."""
    made = arm(name, np.random.default_rng(seed), seeds, seed_sd=0.02)
    for run in made.runs:
        if kl_at is not None:
            run.metrics["approx_kl"].values[kl_at:] *= 4
        if return_at is not None:
            run.metrics["episode_return"].values[return_at:] -= 150
    return made


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_departures_are_found_in_order_at_their_steps(seeds):
    base = shifted("base", 0, seeds=seeds)
    candidate = shifted("candidate", 1, kl_at=75, return_at=100, seeds=seeds)
    found = find_departures(base, candidate, CRITERIA).found
    assert [one.metric for one in found] == ["approx_kl", "episode_return"]
    for one, point in zip(found, (75, 100), strict=True):
        assert one.step == pytest.approx(STEPS[point], abs=3 * one.resolution)
    assert found[0].z > 0 > found[1].z
    assert found[1].candidate == pytest.approx(found[1].base - 150, abs=20)


def test_a_spike_is_no_departure():
    base, candidate = shifted("base", 0), shifted("candidate", 1)
    for run in candidate.runs:
        run.metrics["approx_kl"].values[70:74] = 5.0
    assert "approx_kl" in find_departures(base, candidate, CRITERIA).unmoved


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_equal_arms_seldom_depart(seeds):
    found = sum(
        bool(
            find_departures(
                shifted("base", 2 * i, seeds=seeds), shifted("candidate", 2 * i + 1, seeds=seeds), CRITERIA
            ).found
        )
        for i in range(40)
    )
    assert found <= 8


def test_a_constant_that_changed_departs_from_the_start():
    base = Arm("base", "a", (run_of("a", {"learning_rate": np.full(POINTS, 3e-4)}),))
    candidate = Arm("candidate", "b", (run_of("b", {"learning_rate": np.full(POINTS, 1e-3)}),))
    (found,) = find_departures(base, candidate, CRITERIA).found
    assert found.from_start
    assert (found.base, found.candidate) == (pytest.approx(3e-4), pytest.approx(1e-3))
    assert find_departures(base, base, CRITERIA).unmoved == ["learning_rate"]


def test_nan_in_the_candidate_is_a_departure():
    broken = np.full(POINTS, 2.0)
    broken[40] = math.nan
    base = Arm("base", "a", (run_of("a", {"value_loss": np.full(POINTS, 2.0)}),))
    candidate = Arm("candidate", "b", (run_of("b", {"value_loss": broken}),))
    (found,) = find_departures(base, candidate, CRITERIA).found
    assert found.step == STEPS[40]
    assert math.isnan(found.candidate)


def test_what_cannot_be_searched_is_said():
    base = Arm("base", "a", (run_of("a", {"approx_kl": np.ones(5), "entropy": np.ones(POINTS)}),))
    candidate = Arm("candidate", "b", (run_of("b", {"approx_kl": np.ones(5)}),))
    assert dict(find_departures(base, candidate, CRITERIA).untested) == {
        "approx_kl": "fewer than 8 points at equal steps",
        "entropy": "not logged in the candidate",
    }


def test_counters_are_not_searched():
    base = Arm("base", "a", (run_of("a", {"fps": np.ones(POINTS)}),))
    candidate = Arm("candidate", "b", (run_of("b", {"fps": np.full(POINTS, 9.0)}),))
    result = find_departures(base, candidate, CRITERIA)
    assert (result.found, result.unmoved, result.untested) == ([], [], [])


def test_steps_in_different_units_are_refused():
    base = Arm("base", "a", (run_of("a", {"approx_kl": np.ones(POINTS)}),))
    candidate = Arm("candidate", "b", (run_of("b", {"approx_kl": np.ones(POINTS)}, axis="iterations"),))
    with pytest.raises(UsageError, match="env_steps in the base and against iterations"):
        find_departures(base, candidate, CRITERIA)
