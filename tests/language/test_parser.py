"""The parser lets the documented language through and nothing else."""

from __future__ import annotations

import inspect
import math
import sys
from pathlib import Path

import pytest
from every import every
from hypothesis import given, settings
from hypothesis import strategies as st

from rldoctor.errors import ExpressionError
from rldoctor.language.functions import FUNCTIONS
from rldoctor.language.parser import MAX_CHARACTERS, Expression, parse


def offset_of(text: str) -> int:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    return caught.value.offset


def message_of(text: str | float) -> str:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    return str(caught.value)


def test_names_are_sorted_by_kind() -> None:
    found = parse("smooth(kl, span=5) > limit and config.lr < 1 or run.solved > 0 and not true")
    assert found.names == {"kl", "limit"}
    assert found.config == {"lr"}
    assert found.run == {"solved"}


def test_step_and_progress_are_names() -> None:
    assert parse("step / progress").names == {"step", "progress"}


def test_equal_texts_are_equal_expressions() -> None:
    assert parse(" a + b ") == parse("a + b")
    assert hash(parse("a")) == hash(parse("a"))
    assert str(parse(" a ")) == "a"
    assert parse("a") != parse("b")


@pytest.mark.parametrize(
    ("written", "text"), [(5e-4, "0.0005"), (3, "3"), (-2.5, "-2.5"), (True, "true"), (False, "false")]
)
def test_yaml_values_are_expressions(written: float, text: str) -> None:
    assert parse(written).text == text


@every(
    "text",
    [
        "1",
        "-1.5e-3",
        ".5E+2",
        "1.",
        "a\n  + b",
        "a < b <= c",
        "a == b != c",
        "-a",
        "+a",
        "True",
        "sqrt(x=a)",
        "where(a, b, c)",
        "quantile(x, 0.5, where=m)",
        "quantile(x, q=0.5)",
        "minimum(a, b, c, d)",
        "median(x, where=tail(0.5))",
    ],
)
def test_the_language_is_accepted(text: str) -> None:
    assert isinstance(parse(text), Expression)


@every(
    "text",
    [
        "a.b",
        "().__class__",
        "config",
        "run",
        "config.__class__",
        "config.a.b",
        "run.x.__init__",
        "__import__",
        "_private",
        "__builtins__",
        "a[0]",
        "a[0:1]",
        "'text'",
        '"text"',
        "b'x'",
        "f'{a}'",
        "lambda: 3",
        "[x for x in y]",
        "{1: 2}",
        "{1, 2}",
        "(a, b)",
        "a,",
        "a if b else c",
        "a := 3",
        "(a := 3)",
        "a = 3",
        "2 ** 9",
        "9 ** 9 ** 9 ** 9",
        "a // b",
        "a % b",
        "a << b",
        "1 << 9",
        "1 >> 9",
        "a & b",
        "~a",
        "a @ b",
        "a in b",
        "a not in b",
        "a is b",
        "await a",
        "yield a",
        "*a",
        "median(*a)",
        "median(**a)",
        "sqrt(1)(2)",
        "config.f(1)",
        "(sqrt)(1).real",
        "1j",
        "0x10",
        "0b1",
        "1_000",
        "1or 2",
        "3.real",
        "1.e5x",
        "...",
        "None",
        "a; b",
        "a # comment",
        "import os",
        "print(1)",
        "open(1)",
        "eval(1)",
        "exec(1)",
        "mean",
        "mean + 1",
        "",
        "   ",
        "a b",
        "a <> b",
        "(a",
        "\x00",
        "a\x0cb",
        "a\u00a0+ b",
        "\uff43onfig.x",
        "\u1d43",
        "a \u2028 b",
        "1e999",
        "9" * 400,
        "a" * (MAX_CHARACTERS + 1),
        "a" * 10**6,
        "(" * 500 + ")" * 500,
        "-" * 900 + "1",
        "not " * 200 + "a",
        "sqrt(" * 100 + "a" + ")" * 100,
        "a" + "+a" * 250,
    ],
    ids=lambda text: repr(text[:20]),
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan, 10**400, 10**5000], ids=range(5))
def test_numbers_are_finite(number: float) -> None:
    with pytest.raises(ExpressionError):
        parse(number)


def test_limits() -> None:
    parse("(" * 100 + "a" + ")" * 100)
    parse("sqrt(" * 39 + "a" + ")" * 39)
    assert "levels" in message_of("sqrt(" * 40 + "a" + ")" * 40)
    wide = "maximum(" + ", ".join(["a"] * 199) + ")"
    parse(wide)
    assert "200 parts" in message_of(wide.replace("(a", "(a, a", 1))


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("a + 'x'", 4),
        ("  a + b.c", 6),
        ("a + medain(b)", 4),
        ("a +\n b ** c", 5),
        ("kl > 1or 2", 5),
        ("a b", 2),
        ("sqrt(a, b)", 8),
    ],
)
def test_offsets(text: str, offset: int) -> None:
    assert offset_of(text) == offset


@every(
    ("text", "what"),
    [
        ("medain(x)", "did you mean 'median'"),
        ("median()", "median(x, where=mask) lacks x"),
        ("median(x, y)", "takes 1 argument(s), got 2"),
        ("median(x, wher=y)", "did you mean 'where'"),
        ("median(x, x=y)", "got 'x' twice"),
        ("median(where=y, where=y, x=x)", "twice"),
        ("sqrt(x, where=m)", "got 'where' which it does not take"),
        ("minimum(a)", "minimum(a, b, ...) lacks b"),
        ("median(**x)", "'**'"),
        ("a ** b", "use square(x)"),
        ("config", "config.x"),
        ("mean > 1", "call it, mean(...)"),
        ("None", "None is not part"),
        ("a if b else c", "'if ... else'"),
        ("x == unknown", "write known(x)"),
        ("1 < unknown < 2", "write known(x)"),
        ("unknown(x)", "unknown function 'unknown'"),
        ("unknown.x", "only config.name and run.name"),
    ],
)
def test_messages_say_what_to_do(text: str, what: str) -> None:
    assert what in message_of(text)


def test_no_function_can_be_shadowed_by_a_name() -> None:
    for name in FUNCTIONS:
        assert "is a function" in message_of(name)


_ALPHABET = st.sampled_from("abxklconfigrun.()+-*/<>=!, \n0123456789e_'\"[]{}:;@%&|^~\\#$?\u00e9\uff43\x00")


@settings(max_examples=200)
@given(st.one_of(st.text(max_size=200), st.text(_ALPHABET, max_size=60)))
def test_no_text_raises_anything_else(text: str) -> None:
    offset = 0
    try:
        parse(text)
    except ExpressionError as error:
        offset = error.offset
    assert 0 <= offset <= max(len(text), 1)


def test_a_nearly_full_stack_is_an_expression_error() -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 60)
    try:
        with pytest.raises(ExpressionError):
            parse("-" * 900 + "1")
    finally:
        sys.setrecursionlimit(limit)


def test_no_text_touches_the_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for text in (
        "open('x', 'w')",
        "__import__('os').mkdir('x')",
        "().__class__.__base__.__subclasses__()",
        "exec('1')",
    ):
        with pytest.raises(ExpressionError):
            parse(text)
    assert list(tmp_path.iterdir()) == []
