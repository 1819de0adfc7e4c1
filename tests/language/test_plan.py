"""The plan of an expression: what is kept of it in a compiled pack."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from every import every

from rldoctor.errors import ExpressionError
from rldoctor.language.evaluator import Scope, calm, evaluate, spacing_of
from rldoctor.language.parser import Expression, parse
from rldoctor.language.plan import conditions_of, count, words_of

PLANS = [
    ("2", "2.0"),
    ("1e-5", "1e-05"),
    ("a + b * 3", "a b 3.0 * +"),
    ("a - b / c", "a b c / -"),
    ("-a", "a ~-"),
    ("+(a)", "a ~+"),
    ("not a and b or c", "a ~ b &2 c |2"),
    ("a and b and c", "a b c &3"),
    ("1 < a <= b != 2", "1.0 a b 2.0 <,<=,!="),
    ("a > b", "a b >"),
    ("a >= 1 and a == 1", "a 1.0 >= a 1.0 == &2"),
    ("true and False or unknown", "true false &2 unknown |2"),
    ("config.lr * run.steps", "config.lr run.steps *"),
    ("median(x)", "x median(1"),
    ("quantile(q=0.5, x=a, where=late)", "a 0.5 late quantile(2w"),
    ("coalesce(a, b, 1)", "a b 1.0 coalesce(3"),
    ("a > 2 * median(b, where=c)", "a 2.0 b c median(1w * >"),
]
STEPS = np.arange(1.0, 6.0) * 10
NAMES = {
    "a": np.array([1.0, 2.0, np.nan, 4.0, 5.0]),
    "b": 2.0,
    "c": np.array([True, False, True, True, False]),
    "x": np.array([5.0, 4.0, 3.0, 2.0, 1.0]),
    "late": STEPS > 30,
}


def scope() -> Scope:
    return Scope(STEPS, NAMES, {"lr": 0.1}, {"steps": 50.0}, {"a": 20.0})


@every(("text", "plan"), PLANS)
def test_plan(text: str, plan: str) -> None:
    assert parse(text).plan == plan
    assert Expression(text).plan == plan


@every(("text", "plan"), PLANS)
def test_a_kept_plan_is_all_that_is_computed(text: str, plan: str) -> None:
    # The text is not looked at: only what is kept is.
    kept = Expression("nothing", kept=plan)
    np.testing.assert_array_equal(evaluate(kept, scope()), evaluate(parse(text), scope()))
    assert spacing_of(kept, scope()) == spacing_of(parse(text), scope())


def test_a_plan_is_not_taken_for_the_text_of_another_expression() -> None:
    assert evaluate(parse("b -1"), scope()) == 1.0
    assert evaluate(parse("-b"), scope()) == -2.0


def test_words() -> None:
    found = words_of("a 2.0 config.lr run.steps coalesce(2 * true &2 ~")
    assert (found.names, found.config, found.run) == ({"a"}, {"lr"}, {"steps"})


def test_conditions_within_conditions() -> None:
    text = "median(a, where=b > mean(c, where=d or e)) + last(f, where=g)"
    assert set(conditions_of(parse(text).plan)) == {"b c d e |2 mean(1w >", "d e |2", "g"}
    assert parse("g").plan in conditions_of(parse(text).plan)


@every(("word", "values"), [("a", 0), ("3.0", 0), ("+", 2), ("~-", 1), ("&3", 3), ("<,<", 3), ("max(2w", 3)])
def test_how_many_values_a_word_takes(word: str, values: int) -> None:
    assert count(word) == values


@every("plan", ["a +", "a b", "*", "a b c median(1w", "median(1"])
def test_a_plan_that_is_not_one_value_is_refused(plan: str) -> None:
    with pytest.raises(ExpressionError, match="the plan"):
        evaluate(Expression("forged", kept=plan), scope())


@every("plan", ["__import__(0", "os.system", "a eval(1", "a getattr(1"])
def test_a_forged_plan_can_say_nothing_that_the_language_cannot(plan: str) -> None:
    # A function is one of the table, and a name behind a dot an absent fact.
    with suppress(KeyError, ValueError, ExpressionError):
        assert np.isnan(evaluate(Expression("forged", kept=plan), scope()))


def test_numpy_is_quiet_within_and_without() -> None:
    expression = parse("a / 0")
    with np.errstate(all="raise"):
        alone = evaluate(expression, scope())
        with calm():
            within = evaluate(expression, scope())
    np.testing.assert_array_equal(alone, within)
