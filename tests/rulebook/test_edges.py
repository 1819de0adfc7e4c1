"""``leads_to``: one entry for several codes of which the same holds."""

from __future__ import annotations

import pytest
from every import every
from rulebook_samples import KNOWN, Problems, Write

from rldoctor.errors import RuleError
from rldoctor.rulebook.bare_numbers import bare_numbers
from rldoctor.rulebook.loader import load_pack, load_rule
from rldoctor.rulebook.schema import Rule

ONE = "[TST-02, {code: TST-03, strength: H, says: because, if: low < limit}]"
SEVERAL = "[{code: [TST-02, TST-03], strength: H, says: because, if: low < limit}]"
# Where ``leads_to`` stands in the sample.
LINE = 40


def test_each_code_is_an_edge_of_its_own(write: Write) -> None:
    rule = load_rule(write((ONE, SEVERAL)), KNOWN)
    assert [(one.code, one.strength, one.says, str(one.when)) for one in rule.leads_to] == [
        ("TST-02", "H", "because", "low < limit"),
        ("TST-03", "H", "because", "low < limit"),
    ]


@every(
    ("written", "found"),
    [
        (SEVERAL.replace("low", "lo"), ["69: unknown name 'lo' (did you mean 'low'?)"]),
        (f"[TST-02, {SEVERAL[1:].replace('TST-02, ', '').replace('low', 'lo')}", ["69: unknown name 'lo'"]),
        (SEVERAL.replace("[TST-02, TST-03]", "[]"), ["19: expected 1 or more here, found 0"]),
        (SEVERAL.replace("TST-03", "TST-02"), ["28: 'TST-02' stands here twice"]),
        (SEVERAL.replace("[TST-02, TST-03]", "3"), ["19: 'code' must be text, found a number"]),
        ("[3]", ["12: "]),
        ("3", ["11: "]),
    ],
)
def test_what_is_wrong_is_told_once_and_at_its_place(
    problems_of: Problems, written: str, found: list[str]
) -> None:
    told = [one.split(":", 1)[1] for one in problems_of((ONE, written)) if one.startswith(f"{LINE}:")]
    assert len(told) == len(found), told
    assert all(one.startswith(wanted) for one, wanted in zip(told, found, strict=True)), told


def test_a_code_that_is_none_is_told_at_its_entry(write: Write) -> None:
    path = write((ONE, "[{code: [TST-02, TST-03]}, {code: [TST-01, TST-08], strength: L}]"))
    with pytest.raises(RuleError) as caught:
        load_pack([path.parents[1]], KNOWN)
    assert [(one.line, one.column, one.text.split(" (")[0]) for one in caught.value.problems] == [
        (LINE, 38, "a rule cannot lead to itself"),
        (LINE, 38, "no rule has the code 'TST-08'"),
    ]


def test_an_unnamed_number_counts_once(write: Write) -> None:
    def numbers(entry: str) -> list[str]:
        rule: Rule = load_rule(write((ONE, entry)), KNOWN)
        return [
            f"{one.at.line}:{one.at.column} {one.text}" for one in bare_numbers(rule) if one.text == "0.3"
        ]

    edge = SEVERAL.replace("low < limit", "low < 0.3")
    assert numbers(edge) == [f"{LINE}:75 0.3"]
    assert numbers(f"[TST-02, {edge[1:].replace('TST-02, ', '')}") == [f"{LINE}:75 0.3"]
