"""The YAML loader: core-schema scalars, duplicate keys, positions, hostile files."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml
from every import every

from rldoctor import yamlio
from rldoctor.errors import RuleError
from rldoctor.yamlio import load_nodes, load_tree, load_yaml, parse_tree, parse_yaml


@every(
    ("text", "value"),
    [
        ("5e-4", 5e-4),
        ("1.0e-5", 1e-5),
        ("-.5", -0.5),
        ("1.", 1.0),
        ("012", 12),
        ("+3", 3),
        ("0x1F", 31),
        ("0o17", 15),
        ("yes", "yes"),
        ("No", "No"),
        ("on", "on"),
        ("off", "off"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("null", None),
        ("", None),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2001-01-01", "2001-01-01"),
        ("'5'", "5"),
        ('"true"', "true"),
        ("!!str 5", "5"),
        ("!!int 5", 5),
        ("!!float 5.0", 5.0),
        ("!!null ~", None),
        ("0x", "0x"),
    ],
)
def test_scalars_follow_the_core_schema(text: str, value: object) -> None:
    found = parse_yaml(f"key: {text}", "t")["key"]
    assert found == value
    assert type(found) is type(value)


def test_nan_is_a_float() -> None:
    assert math.isnan(parse_yaml(".NaN", "t"))


def test_the_merge_key_is_an_ordinary_key() -> None:
    assert parse_yaml("<<: 3", "t") == {"<<": 3}


def test_empty_text_is_none() -> None:
    assert parse_tree("# nothing", "t").value is None


def test_text_and_path_load_alike(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: [1, 2]\n")
    assert load_yaml(path) == load_yaml("a: [1, 2]") == {"a": [1, 2]}
    assert load_nodes(path).name == str(path)
    assert load_tree("a: 1").name == "<text>"


def test_aliases_are_expanded() -> None:
    assert parse_yaml("a: &x [1]\nb: *x", "t") == {"a": [1], "b": [1]}


@every(
    ("text", "where", "what"),
    [
        ("a: 1\nb: 2\na: 3", "t:3:1", "twice (first in line 1)"),
        ("a: !!python/object/apply:os.system [x]", "t:1:4", "not allowed"),
        ("a: !!set {x}", "t:1:4", "not allowed"),
        ("a: !foo 3", "t:1:4", "tag !foo"),
        ("a: !!int x", "t:1:4", "tag:yaml.org,2002:int"),
        ("a: !!binary aGk=", "t:1:4", "binary"),
        ("? [a]\n: 3", "t:1:3", "plain word"),
        ("? !foo a\n: 3", "t:1:3", "not allowed"),
        ("a: [1", "t:2:1", "not valid YAML"),
        ("a: *nothing", "t:1:4", "alias"),
        ("--- 1\n--- 2", "t:2:1", "not valid YAML"),
        ("\x00", "t:0:0", "not valid YAML"),
        ("\ud800", "t:0:0", "not valid YAML"),
        ("a: " + "9" * 50, "t:1:4", "digits"),
        ("&a [*a]", "t:1:1", "alias of itself"),
        ("[" * 100_000, "t:1:61", "deeper than 60"),
        ("- " * 100_000, "t:1:", "deeper than 60"),
        ("? " * 100_000, "t:1:", "deeper than 60"),
        ("[" * 61 + "]" * 61, "t:1:61", "too deeply nested"),
        ("x" * 1_000_001, "t:1:1", "larger than"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, where: str, what: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse_yaml(text, "t")
    assert str(caught.value).startswith(where)
    assert what in str(caught.value)


def test_every_problem_is_reported() -> None:
    with pytest.raises(RuleError) as caught:
        parse_yaml("a: 1\na: 2\nb: !foo 1\n", "t")
    assert [problem.line for problem in caught.value.problems] == [2, 3]


def test_many_shallow_brackets_are_fine() -> None:
    assert len(parse_yaml("\n".join(f"k{n}: [[1]]" for n in range(600)), "t")) == 600


def test_alias_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yamlio, "MAX_NODES", 5000)
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    with pytest.raises(RuleError, match="too many values"):
        parse_yaml("\n".join(lines), "t")


def test_unreadable_files(tmp_path: Path) -> None:
    binary, large = tmp_path / "b.yaml", tmp_path / "l.yaml"
    binary.write_bytes(b"a: \xff\xfe")
    large.write_bytes(b"#" * 1_000_001)
    for path, what in ((tmp_path / "no.yaml", "cannot read"), (binary, "UTF-8"), (large, "larger than")):
        with pytest.raises(RuleError, match=what):
            load_yaml(path)


def test_positions_of_values_and_keys() -> None:
    tree = parse_tree('a:\n  long: "x + y"\n  list: [1, 2]\n  folded: >\n    x\n    y\n', "t")
    assert tree.position(("a", "long")) == (2, 9)
    assert tree.key_position(("a", "long")) == (2, 3)
    assert tree.position(("a", "list", 1)) == (3, 13)
    assert tree.key_position(("a", "list", 1)) == (3, 13)
    assert tree.position(("a", "list", 7, "x")) == (3, 9), "the nearest thing around it"
    assert str(tree.problem(("a", "long"), "text", offset=4)) == "t:2:14: text", "the column of y"
    assert str(tree.problem(("a", "folded"), "text", offset=4)) == "t:4:11: text", (
        "no column inside folded text"
    )
    assert parse_tree("", "t").position(("x",)) == (0, 0)


def test_the_pure_python_parser_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: {b: [5e-4, no], c: 'x'}\nd: &x 1\ne: *x\n"
    fast = parse_tree(text, "t")

    class Slow(yaml.SafeLoader):
        resolve = yamlio._Composer.resolve

    monkeypatch.setattr(yamlio, "_Composer", Slow)
    slow = parse_tree(text, "t")
    assert slow.value == fast.value
    assert slow.starts == fast.starts
    assert slow.exact == fast.exact


def test_deep_nesting_cannot_end_the_pure_python_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(yaml.SafeLoader):
        resolve = yamlio._Composer.resolve

    monkeypatch.setattr(yamlio, "_Composer", Slow)
    nested = "".join(f"{' ' * n}k:\n" for n in range(1400))
    with pytest.raises(RuleError, match=r"not valid YAML|too deeply"):
        parse_yaml(nested, "t")
