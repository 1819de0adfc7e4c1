"""What must not change the judgement does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rldoctor.model.outcome import Curve, NaturalScale, OutcomeKind, TaskScale
from rldoctor.outcome import judge

SHAPES = ("flat", "learner", "collapse", "line", "drop")
POWERS = st.integers(-20, 20).map(lambda power: 2.0**power)


def shape(name: str, rows: int, seed: int) -> np.ndarray:
    place = np.linspace(0, 1, rows)
    rise = 10 / (1 + np.exp(-(place - 0.35) / 0.05))
    signal = {
        "flat": 0 * place,
        "learner": rise,
        "collapse": np.where(place > 0.7, 2.0, rise),
        "line": 10 * place,
        "drop": np.where(place > 0.5, -10.0, 0.0),
    }[name]
    return signal + np.random.default_rng(seed).standard_normal(rows)


def group(kind: OutcomeKind) -> str:
    """How late a gain counts as rising is a matter of a few rows."""
    return "gained" if kind.gained else kind.value


@settings(max_examples=40)
@given(st.sampled_from(SHAPES), st.integers(0, 1000), POWERS, st.integers(-50, 50))
def test_the_unit_of_the_reward(criteria, name: str, seed: int, size: float, shift: int) -> None:
    """Powers of two keep every digit, so that not even rounding differs."""
    values, steps = shape(name, 100, seed), np.arange(100.0)
    values = np.round(values * 2**20) / 2**20
    moved = size * (values + shift)
    task = TaskScale(0.0, -1.0, 12.0)
    alike = TaskScale(size * shift, size * (shift - 1), size * (12 + shift))
    for scale, other in ((None, None), (task, alike)):
        one, two = judge(Curve(steps, values), criteria, scale), judge(Curve(steps, moved), criteria, other)
        if one.measure.name == two.measure.name:  # a curve near zero may look rescaled
            assert one.kind is two.kind
            assert one.probability == pytest.approx(two.probability, abs=1e-6)


@settings(max_examples=30)
@given(st.sampled_from(SHAPES), st.integers(0, 1000), st.floats(1e-3, 1e6), st.floats(-1e6, 1e6))
def test_the_unit_of_the_axis(criteria, name: str, seed: int, size: float, shift: float) -> None:
    values, steps = shape(name, 80, seed), np.arange(80.0)
    one, two = judge(Curve(steps, values), criteria), judge(Curve(size * steps + shift, values), criteria)
    assert one.kind is two.kind


@settings(max_examples=30)
@given(st.sampled_from(SHAPES), st.integers(0, 1000), st.sampled_from([2, 5]))
def test_thinning(criteria, name: str, seed: int, step: int) -> None:
    curve = Curve(np.arange(500.0), shape(name, 500, seed))
    thin = replace(curve, steps=curve.steps[::step], values=curve.values[::step])
    whole, part = (group(judge(one, criteria).kind) for one in (curve, thin))
    # How many rows tell that nothing has changed is a matter of the limits.
    assert part == whole or (name == "flat" and {whole, part} == {"flat", "early"})


@settings(max_examples=60)
@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), max_size=60),
    st.sampled_from([None, 1, 10, 100]),
    st.sampled_from([0.0, 0.01, 1.0, 30.0, 1e9]),
    st.sampled_from([None, TaskScale(0, 1, 100), NaturalScale(0, 1), TaskScale(solved=3.0)]),
)
def test_any_input_is_judged(criteria, values: list[float], window, spacing: float, scale) -> None:
    found = judge(Curve(np.arange(float(len(values))), np.array(values), window, spacing), criteria, scale)
    assert found.probability == max(found.probabilities.values())
    assert sum(found.probabilities.values()) == pytest.approx(1)
    assert all(isinstance(text, str) and text for text in found.texts)


def test_prefixes_of_a_learner_are_not_accused(criteria) -> None:
    """Of one that begins at once: before it begins, a learner is a constant policy."""
    bad = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        rise = 10 / (1 + np.exp(-(np.arange(200) - rng.uniform(0, 40)) / rng.uniform(8, 25)))
        values = rise + rng.standard_normal(200)
        for part in (10, 20, 30, 40, 60, 80, 100, 130, 160, 200):
            found = judge(Curve(np.arange(float(part)), values[:part]), criteria)
            if found.kind.sick and found.probability >= 0.8:
                bad.append((seed, part, found.kind))
    assert len(bad) <= 1, bad
