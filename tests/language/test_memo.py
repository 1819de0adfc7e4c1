"""Shared results: found only where they are certainly the same."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rldoctor.language.evaluator import Scope, evaluate
from rldoctor.language.functions import FUNCTIONS
from rldoctor.language.memo import Memo
from rldoctor.language.parser import parse

STEPS = np.arange(1.0, 101.0)
NOISE = np.random.default_rng(0).normal(size=100)


def scopes(memo: Memo, *, kept: bool = True) -> tuple[Scope, Scope]:
    """Two rules' views of the same run."""
    for array in (STEPS, NOISE) if kept else ():
        memo.keep(array)
    names = {"x": NOISE, "y": NOISE.copy(), "part": 0.2, "nothing": math.nan}
    return Scope(STEPS, names, memo=memo), Scope(STEPS, dict(names), memo=memo)


def test_the_second_rule_gets_the_result_of_the_first() -> None:
    memo = Memo()
    first, second = scopes(memo)
    found = evaluate(parse("rolling_median(x, span=5)"), first)
    assert evaluate(parse("rolling_median(x, 2 + 3)"), second) is found
    assert evaluate(parse("rolling_median(x, span=6)"), second) is not found


def test_results_made_of_results_are_shared_too() -> None:
    memo = Memo()
    first, second = scopes(memo)
    made = evaluate(parse("median(smooth(x, span=3), where=tail(part))"), first)
    before = len(memo.results)
    assert evaluate(parse("median(smooth(x, span=3), where=tail(part))"), second) == made
    assert len(memo.results) == before == 3


@pytest.mark.parametrize("text", ["median(y)", "median(x + 1)", "median(x, where=y > 0)"])
def test_arrays_that_may_go_away_are_not_remembered(text: str) -> None:
    memo = Memo()
    first, second = scopes(memo)
    assert evaluate(parse(text), first) == evaluate(parse(text), second)
    assert memo.results == {}


def test_another_grid_is_another_result() -> None:
    memo = Memo()
    scope, _ = scopes(memo)
    later = STEPS[50:]
    memo.keep(later)
    assert evaluate(parse("any(head(0.5))"), scope)
    whole, part = (evaluate(parse("head(0.5)"), one) for one in (scope, Scope(later, memo=memo)))
    assert np.shape(whole) == (100,)
    assert np.shape(part) == (50,)


def test_a_grid_that_was_not_kept_shares_nothing() -> None:
    memo = Memo()
    first, _ = scopes(memo, kept=False)
    evaluate(parse("median(x, where=tail(0.5))"), first)
    assert memo.results == {}


def test_unknown_numbers_are_found_again_and_quick_functions_not_remembered() -> None:
    memo = Memo()
    first, second = scopes(memo)
    for scope in (first, second):
        assert math.isnan(float(np.asarray(evaluate(parse("quantile(x, nothing)"), scope))))
        assert evaluate(parse("count(x)"), scope) == 100
    assert len(memo.results) == 1


def test_spacing_belongs_to_the_result() -> None:
    memo = Memo()
    memo.keep(STEPS)
    memo.keep(NOISE)
    counts = [
        evaluate(parse("independent(x)"), Scope(STEPS, {"x": NOISE}, spacing={"x": spacing}, memo=memo))
        for spacing in (0.0, 20.0)
    ]
    assert counts[0] != counts[1]


def test_every_function_says_the_same_with_a_memo() -> None:
    memo = Memo()
    shared, _ = scopes(memo)
    plain = Scope(shared.steps, shared.names)
    for name, function in FUNCTIONS.items():
        text = f"{name}({', '.join(['x', '3', '4'][: len(function.parameters)])})"
        for _ in range(2):
            np.testing.assert_array_equal(evaluate(parse(text), shared), evaluate(parse(text), plain), text)
