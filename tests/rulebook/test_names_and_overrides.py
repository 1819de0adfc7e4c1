"""Names from outside a rule, where the built-in rules are, and what a user may change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rulebook_samples import KNOWN, TESTS, Write, replaced

from rldoctor.errors import RuleError, UsageError
from rldoctor.paths import builtin_rules_dir, find_rules_dir
from rldoctor.rulebook.known import RUN_FACTS, known_names
from rldoctor.rulebook.loader import load_pack
from rldoctor.rulebook.overrides import apply_overrides, select_rules
from rldoctor.rulebook.schema import Rule


def test_canonical_names_are_known(tmp_path: Path) -> None:
    known = known_names([tmp_path])
    assert "approx_kl" in known.metrics
    assert "learning_rate" in known.knobs
    assert known.codes == {}
    assert known.facts >= RUN_FACTS


def test_a_pack_adds_names(tmp_path: Path) -> None:
    quantity = "{unit: nats, says: what it is, variants: []}"
    sections = {"series": "my_series", "knobs": "my_knob", "facts": "my_fact"}
    lines = (f"{section}: {{{name}: {quantity}}}\n" for section, name in sections.items())
    (tmp_path / "derived.yaml").write_text("".join(lines))
    (tmp_path / "catalogue.yaml").write_text("codes: {TST-01: test-rule}")
    known = known_names([tmp_path])
    assert {"my_series", "approx_kl"} <= known.metrics
    assert "my_knob" in known.knobs
    assert known.codes == {"TST-01": "test-rule"}
    assert "my_fact" in known.facts


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("catalogue.yaml", "- 1", "1:1: expected a mapping, found a list"),
        ("catalogue.yaml", "codes: [1]", "1:8: 'codes' must be a mapping, found a list"),
        ("derived.yaml", "facts: {rise: {unit: x, says: y, variants: 3}}", "1:44: 'variants' must be a list"),
        ("derived.yaml", "a: [", "not valid YAML"),
    ],
)
def test_lists_of_a_pack_are_checked(tmp_path: Path, name: str, text: str, problem: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(RuleError) as caught:
        known_names([tmp_path])
    assert problem in str(caught.value)


def test_lists_of_a_pack_may_be_empty(tmp_path: Path) -> None:
    (tmp_path / "catalogue.yaml").write_text("")
    (tmp_path / "derived.yaml").write_text("series: {}")
    assert known_names([tmp_path, tmp_path]) == known_names([])


def test_the_built_in_rules_are_found_in_a_wheel_and_in_a_checkout(tmp_path: Path) -> None:
    assert (builtin_rules_dir() / "catalogue.yaml").is_file()
    package = tmp_path / "site" / "rldoctor"
    package.mkdir(parents=True)
    with pytest.raises(UsageError, match="missing from this installation"):
        find_rules_dir(package)
    (tmp_path / "site" / "rules").mkdir()
    assert find_rules_dir(package) == tmp_path / "site" / "rules"
    (package / "_rules").mkdir()
    assert find_rules_dir(package) == package / "_rules", "the wheel's own copy wins"


@pytest.fixture
def rules(write: Write) -> list[Rule]:
    path = write()
    tests = replaced(TESTS, ("rule: test-rule", "rule: second"))
    changes = [("TST-01", "OTH-02"), ("slug: test-rule", "slug: second"), ("area: policy", "area: value")]
    write(*changes, tests=tests, name="second", area="value")
    return load_pack([path.parents[1]], KNOWN)


def test_thresholds_are_overridden_by_code_or_slug(rules: list[Rule]) -> None:
    changed = apply_overrides(rules, {"tst-01": {"limit": 0.02}, "second": {"share_limit": 1}})
    by_code = {rule.code: rule for rule in changed}
    assert by_code["TST-01"].thresholds["limit"].value == 0.02
    assert by_code["TST-01"].thresholds["share_limit"].value == 0.5
    assert by_code["TST-01"].overridden == ("limit = 0.02 nats instead of 0.01",)
    assert by_code["OTH-02"].thresholds["share_limit"].value == 1.0
    assert rules[1].overridden == (), "the loaded rules stay as they are"
    assert apply_overrides(rules, {}) == rules


@pytest.mark.parametrize(
    ("changes", "message", "hint"),
    [
        ({"TST-1": {"limit": 0.1}}, "no rule is called 'TST-1' (did you mean 'TST-01'?)", "rules list"),
        (
            {"TST-01": {"limt": 0.1}},
            "TST-01 has no threshold 'limt' (did you mean 'limit'?)",
            "limit, share_limit",
        ),
        ({"TST-01": {"limit": 2}}, "2 is outside [0, 1] nats", "The default is 0.01: why."),
        ({"TST-01": {"limit": float("nan")}}, "nan is outside", "default"),
        ({"TST-01": {"limit": "high"}}, "expected a number, got 'high'", ""),
        ({"TST-01": {"limit": True}}, "expected a number, got True", ""),
        ({"TST-01": 0.1}, "must be given by name", "limit"),
    ],
)
def test_wrong_overrides_say_what_is_possible(
    rules: list[Rule], changes: Any, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        apply_overrides(rules, changes)
    assert message in str(caught.value)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("select", "ignore", "codes"),
    [
        ([], [], ["OTH-02", "TST-01"]),
        (["TST-01"], [], ["TST-01"]),
        (["tst"], [], ["TST-01"]),
        (["value"], [], ["OTH-02"]),
        (["test-rule", "OTH"], [], ["OTH-02", "TST-01"]),
        ([], ["policy"], ["OTH-02"]),
        (["TST", "OTH"], ["oth-02"], ["TST-01"]),
    ],
)
def test_rules_are_selected(
    rules: list[Rule], select: list[str], ignore: list[str], codes: list[str]
) -> None:
    assert [rule.code for rule in select_rules(rules, select, ignore)] == codes


def test_wrong_selections(rules: list[Rule]) -> None:
    with pytest.raises(UsageError, match=r"called 'polcy' \(did you mean 'policy'"):
        select_rules(rules, ["polcy"])
    with pytest.raises(UsageError, match="no rule is left"):
        select_rules(rules, ["TST"], ["TST-01"])
    assert select_rules([], [], []) == []
