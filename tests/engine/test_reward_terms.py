"""Terms of the reward in logs that are too short to say what they did."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rldoctor.api import policy
from rldoctor.engine.reward_terms import FAMILY, reward_terms
from rldoctor.model.config import RunConfig
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run
from rldoctor.model.series import Series

NAN = float("nan")


def run(**terms: list[float]) -> Run:
    logged = tuple(
        Series(
            FAMILY, np.arange(1.0, len(values) + 1), np.array(values), name, attributes={"component": name}
        )
        for name, values in terms.items()
    )
    return Run("x", Path(), "csv", "", "ppo", MetricFrame({}, alternates=logged), RunConfig({}))


def test_a_term_without_a_number_is_none() -> None:
    found = reward_terms(
        run(speed=[3.0, 3.0, 5.0], energy=[-1.0, -1.0, -1.0], gone=[NAN, NAN, NAN]), policy().terms
    )
    assert found.facts["terms"] == 2
    assert found.facts["terms_rows"] == 3
    assert (found.facts["term_level"], found.facts["term_share"]) == (3.0, 0.75)
    assert (found.facts["terms_paid"], found.facts["terms_charged"]) == (3.0, 1.0)
    assert np.isnan(found.facts["term_growth"])


def test_one_term_with_numbers_has_no_share() -> None:
    found = reward_terms(run(speed=[3.0], gone=[NAN]), policy().terms)
    assert np.isnan(found.facts["terms"])
    assert found.texts == {}
