"""Evaluation: NaN rules, shapes, scopes, and that no valid expression raises."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from every import every
from hypothesis import given, settings
from hypothesis import strategies as st

from rldoctor.errors import ExpressionError
from rldoctor.language.calls import usage
from rldoctor.language.evaluator import Scope, evaluate, holding, spacing_of
from rldoctor.language.functions import FUNCTIONS
from rldoctor.language.parser import parse

NAN = float("nan")


def scope(**names: Any) -> Scope:
    size = max((np.size(value) for value in names.values()), default=4)
    return Scope(
        np.arange(1.0, size + 1) * 10,
        {
            name: np.asarray(value, dtype=np.float64) if np.ndim(value) else value
            for name, value in names.items()
        },
        config={"lr": 3e-4},
        run={"steps": 40.0},
        spacing={"wide": 50.0, "bad": NAN},
        planned=80.0,
    )


def value(text: str | float, where: Scope | None = None, **names: Any) -> Any:
    return evaluate(parse(text), where or scope(**names))


@every(
    ("text", "expected"),
    [
        ("1 + 2 * 3 - 4 / 8", 6.5),
        ("-(2)", -2.0),
        ("+2", 2.0),
        ("true", True),
        ("False", False),
        ("not 0", True),
        ("1 < 2 < 3", True),
        ("1 < 2 > 3", False),
        ("1 == 1", True),
        ("1 != 1", False),
        ("2 >= 2 and 2 <= 2", True),
        ("0 or 3", True),
        ("1 / 0 > 5", True),
        ("(1 > 0) + (1 > 0)", 2.0),
        ("-(1 > 0)", -1.0),
        ("config.lr", 3e-4),
        ("run.steps", 40.0),
        ("log(0)", -np.inf),
    ],
)
def test_single_values(text: str, expected: object) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@every(
    "text",
    [
        "0 / 0",
        "unknown",
        "unknown + 1",
        "where(false, 1, unknown)",
        "config.absent",
        "run.absent",
        "sqrt(-1)",
        "log(-1)",
        "config.absent + 1",
    ],
)
def test_what_cannot_be_known_is_nan(text: str) -> None:
    assert np.isnan(value(text))


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">=", "==", "!="])
def test_nan_compares_false(sign: str) -> None:
    assert value(f"config.absent {sign} 1") is False
    assert value(f"x {sign} 1", x=[NAN, NAN]).tolist() == [False, False]


def test_nan_is_not_true() -> None:
    assert value("config.absent and true") is False
    assert value("not config.absent") is True


def test_and_or_not_work_per_point() -> None:
    assert value("x > 1 and not x > 3", x=[1, 2, 4]).tolist() == [False, True, False]
    assert value("x > 3 or x < 2", x=[1, 2, 4]).tolist() == [True, False, True]


def test_grid_names() -> None:
    assert value("step", x=[0, 0]).tolist() == [10, 20]
    assert value("progress", x=[0, 0]).tolist() == [0.125, 0.25]
    no_plan = Scope(np.array([5.0, 10.0]))
    assert value("progress", no_plan).tolist() == [0.5, 1.0]
    assert value("progress", Scope(np.empty(0))).shape == (0,)


def test_arrays_keep_their_type() -> None:
    assert value("x", x=[1, 2]).dtype == np.float64
    assert value("x > 1", x=[1, 2]).dtype == np.bool_
    assert value("where(x > 1, x > 0, true)", x=[1, 2]).dtype == np.bool_


def test_mistakes_of_the_caller_are_errors() -> None:
    with pytest.raises(ExpressionError, match="'y' is not known"):
        value("y")
    with pytest.raises(ExpressionError, match="shape"):
        evaluate(parse("x"), Scope(np.arange(3.0), {"x": np.arange(4.0)}))


def test_no_warning_escapes() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value(
            "median(x) / 0 + mean(x) + std(x) + log(-x) + exp(x * 9999) + trend_p(x)",
            x=[np.inf, NAN, 1, -np.inf],
        )


def test_spacing_is_that_of_the_widest_series() -> None:
    where = Scope(np.arange(0.0, 100, 10), spacing={"wide": 50.0, "narrow": 20.0, "nan": NAN, "minus": -1.0})
    for text, expected in [
        ("wide", 50),
        ("wide + narrow", 50),
        ("narrow * 2 > 3", 20),
        ("not (narrow > 1 and wide > 1)", 50),
        ("-narrow", 20),
        ("coalesce(narrow, wide)", 50),
        ("other", 0),
        ("minus", 0),
        ("nan", 0),
        ("step + progress + 3 + config.lr + run.x", 0),
        ("smooth(wide, span=4)", 90),
        ("rolling_median(other, 3)", 30),
        ("smooth(other, span=999)", 90),
        ("smooth(other, span=1)", 0),
        ("smooth(other, span=config.absent)", 0),
    ]:
        assert spacing_of(parse(text), where) == expected, text
    assert spacing_of(parse("smooth(x, span=4)"), Scope(np.array([1.0]))) == 0


def test_usage_names_every_function() -> None:
    for function in FUNCTIONS.values():
        assert usage(function).startswith(f"{function.name}(")


# Expressions drawn from the whole language, over series with every kind of value.
_LEAF = st.sampled_from(
    [
        "x",
        "y",
        "c",
        "m",
        "step",
        "progress",
        "config.lr",
        "config.no",
        "run.steps",
        "true",
        "0",
        "2",
        "-1.5",
        "1e300",
    ]
)


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.tuples(
        inner, st.sampled_from(["+", "-", "*", "/", "<", ">=", "==", "!=", "and", "or"]), inner
    )
    unary = st.tuples(st.sampled_from(["-", "+", "not "]), inner)
    calls = st.sampled_from(sorted(FUNCTIONS)).flatmap(lambda name: _call(name, inner))
    return st.one_of(
        binary.map(lambda b: f"({b[0]} {b[1]} {b[2]})"), unary.map(lambda u: f"({u[0]}{u[1]})"), calls
    )


def _call(name: str, inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    function = FUNCTIONS[name]
    size = len(function.parameters)
    arguments = st.lists(inner, min_size=size, max_size=size + 2 * function.variadic)
    mask = st.one_of(st.none(), inner) if function.where else st.none()
    return st.tuples(arguments, mask).map(
        lambda parts: (
            f"{name}({', '.join([*parts[0], *([] if parts[1] is None else ['where=' + parts[1]])])})"
        )
    )


_EXPRESSION = st.recursive(_LEAF, _grow, max_leaves=12)
_VALUES = st.lists(
    st.sampled_from([0.0, 1.0, -2.0, 1e-300, 1e300, np.inf, -np.inf, np.nan, 3.5]), max_size=12
)


@settings(max_examples=100)
@given(_EXPRESSION, _VALUES, st.sampled_from([0.0, 15.0, np.inf, np.nan]))
def test_no_valid_expression_raises(text: str, values: list[float], spacing: float) -> None:
    try:
        expression = parse(text)
    except ExpressionError:
        return  # too long or too deep
    array = np.array(values)
    names = {"x": array, "y": array[::-1], "c": array > 0, "m": NAN}
    where = Scope(np.arange(1.0, array.size + 1), names, {"lr": 3e-4}, {"steps": 12.0}, {"x": spacing}, NAN)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = evaluate(expression, where)
        assert spacing_of(expression, where) >= 0
        held = holding(expression, where)
    # A single False stands for an array of it; all else is the same.
    assert np.array_equal(held, found, equal_nan=True) or (held is False and not np.any(found))
    assert isinstance(found, (float, bool)) or found.shape == array.shape
    assert array.tolist() == pytest.approx(values, nan_ok=True), "the log is never changed"


def test_evaluation_touches_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for function in FUNCTIONS.values():
        value(f"{function.name}({', '.join('x' for _ in function.parameters)})", x=[1, 2, 3])
    assert list(tmp_path.iterdir()) == []


_NUMBERS = st.sampled_from([0.0, -0.0, 1.0, -2.0, 1e-300, 1e300, np.inf, -np.inf, np.nan, 3.5])
_SIGNS = ("+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!=", "and", "or")


def _reckon(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.tuples(inner, st.sampled_from(_SIGNS), inner).map(lambda parts: f"({' '.join(parts)})")
    chain = st.tuples(inner, inner, inner).map(lambda parts: "({} != {} < {})".format(*parts))
    return st.one_of(binary, chain, inner.map(lambda part: f"(not {part})"))


_OF_NUMBERS = st.recursive(st.sampled_from(["x", "y", "z", "true", "0", "1e300"]), _reckon, max_leaves=8)


@given(_OF_NUMBERS, _NUMBERS, _NUMBERS, _NUMBERS)
def test_single_numbers_are_reckoned_as_arrays_are(text: str, x: float, y: float, z: float) -> None:
    """Python does what numpy would do, also with infinities, overflow, NaN and a division by zero."""
    steps, single = np.arange(2.0), {"x": x, "y": y, "z": z}
    one = evaluate(parse(text), Scope(steps, single))
    two = evaluate(parse(text), Scope(steps, {name: np.full(2, number) for name, number in single.items()}))
    assert isinstance(one, bool | float)
    assert np.array_equal(np.broadcast_to(np.asarray(two), 2), [one, one], equal_nan=True)


def test_of_an_and_nothing_is_computed_behind_what_settles_it() -> None:
    class Names(dict[str, Any]):
        def __missing__(self, name: str) -> Any:
            raise AssertionError(f"{name} was asked for")

    where = Scope(np.arange(3.0), Names(x=1.0, line=np.arange(3.0)))
    assert holding(parse("x > 0 and x > 2 and other > 0"), where) is False
    assert np.array_equal(holding(parse("x > 0 and line > 1"), where), [False, False, True])
