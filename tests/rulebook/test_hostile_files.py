"""Whatever stands in a rule or test file, the answer is a rule or a RuleError."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rulebook_samples import KNOWN, RULE, TESTS

from rldoctor.errors import RuleError
from rldoctor.rulebook.loader import load_rule
from rldoctor.yamlio import parse_yaml

ODD: list[Any] = [
    None,
    5,
    -1.5,
    1e300,
    float("inf"),
    float("nan"),
    True,
    "",
    "x",
    "{",
    "{x}",
    "8%",
    "=",
    "a" * 2000,
]
ODD += [
    "nan",
    "1 +/- ",
    "~1",
    "1x9",
    [],
    [[]],
    [None],
    ["x", "x"],
    {},
    {"x": {}},
    [{}],
    {3: 4},
    {"value": "x"},
]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with every key in it."""
    for key in (
        list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    ):
        yield value, key
        yield from places(value[key])


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.booleans(), st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from(ODD)), min_size=1, max_size=4)
)
def test_odd_values_anywhere(tmp_path: Path, in_rule: bool, changes: list[tuple[int, Any]]) -> None:
    rule, tests = parse_yaml(RULE, "rule"), parse_yaml(TESTS, "tests")
    for number, odd in changes:
        found = list(places(rule if in_rule else tests))
        container, key = found[number % len(found)]
        container[key] = copy.deepcopy(odd)
    folder = tmp_path / "policy"
    folder.mkdir(exist_ok=True)
    (folder / "test-rule.yaml").write_text(yaml.safe_dump(rule, sort_keys=False))
    (folder / "test-rule.test.yaml").write_text(yaml.safe_dump(tests, sort_keys=False))
    try:
        loaded = load_rule(folder / "test-rule.yaml", KNOWN)
    except RuleError as error:
        assert all(str(problem) for problem in error.problems)  # noqa: PT017
    else:
        assert loaded.slug == "test-rule"


@settings(max_examples=100)
@given(st.text(st.sampled_from("ab:-?&*!|>'\"[]{},# \n\t%@`~0.\x00\u2028"), max_size=60))
def test_any_text_is_yaml_or_an_error(text: str) -> None:
    try:
        parse_yaml(text, "t")
    except RuleError as error:
        found = str(error)
    else:
        found = "t:"
    assert found.startswith("t:")


def test_a_rule_cannot_load_python_objects(tmp_path: Path) -> None:
    path = tmp_path / "policy"
    path.mkdir()
    (path / "test-rule.yaml").write_text(f"x: !!python/object/apply:os.mkdir [{tmp_path / 'made'}]\n")
    with pytest.raises(RuleError, match="not allowed"):
        load_rule(path / "test-rule.yaml", KNOWN)
    assert not (tmp_path / "made").exists()
