"""Every rule fires on a log that runs through the whole program, or stands in the list of those that wait.

What counts: the bundled runs (real trainings), and the end-to-end tests that write a log with a real writer
and assert that the rule fires. The synthetic cases beside the rules do not count. ``rules_not_reached.txt``
may only shrink: a rule that is reached must leave it; a new rule comes with such a run or test, or is added.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bundled_runs import RUNS, told_of
from every import every

from rldoctor.api import rules
from rldoctor.model.finding import Outcome

HERE = Path(__file__).parent
LIST = HERE / "rules_not_reached.txt"
END_TO_END = [
    HERE / "test_practitioners_notes.py",
    HERE / "test_planted_end_to_end.py",
    HERE / "test_requests_for_help.py",
    HERE / "test_language_models_end_to_end.py",
    HERE / "audit" / "test_libraries.py",
    *sorted((HERE / "traps").glob("test_*.py")),
    *sorted((HERE / "envelope").glob("test_*.py")),
]
CODE = r'"([A-Z]{2,6}-[0-9]{2,3})"'
# How those tests say that a rule fires.
SAID = (
    re.compile(CODE + r" in (?:fired|roots|alarms)\("),
    re.compile(r"\bfired\([^\n]*\)\[" + CODE + r"\]"),
    re.compile(r"\boutcome\([^\n]*" + CODE + r"\) is Outcome\.FIRED"),
    re.compile(r"roots\[0\]\.finding\.code == " + CODE),
    re.compile(r"first\(found\)\.code\) == \(" + r'"\w+", ' + CODE),
    re.compile(r"first\(found\)\.code == " + CODE),
    # The table of planted runs: task/fault/seed and the rule that names it.
    re.compile(r'\("[\w/.-]+/\d", ' + CODE + r"\),"),
)
ALL_OF = re.compile(r"assert \{([^}]*)\} <= set\((?:fired|roots|codes)")


def listed() -> list[str]:
    lines = (line.partition("#")[0].strip() for line in LIST.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def by_bundled_runs() -> dict[str, str]:
    """A bundled run for each code that fires on one."""
    found: dict[str, str] = {}
    for label in sorted(RUNS.rglob("run.yaml")):
        outcomes = told_of(label.parent).outcomes
        fired = (code for code, outcome in outcomes.items() if outcome is Outcome.FIRED)
        found |= dict.fromkeys(fired, str(label.parent.relative_to(RUNS)))
    return found


def asserted_in(text: str) -> set[str]:
    """The codes that a test file asserts to fire."""
    asserts = [line for line in text.splitlines() if " not in " not in line and "isdisjoint" not in line]
    singles = {code for line in asserts for pattern in SAID for code in pattern.findall(line)}
    return singles | {
        code for line in asserts for many in ALL_OF.findall(line) for code in re.findall(CODE, many)
    }


def by_tests() -> dict[str, str]:
    """An end-to-end test file for each code that one asserts."""
    return {code: path.name for path in END_TO_END for code in asserted_in(path.read_text(encoding="utf-8"))}


@every(
    ("line", "codes"),
    [
        ('    assert "OUT-08" in fired(diagnosis)', {"OUT-08"}),
        ('    finding = fired(diagnosis_of(path))["ENT-02"]', {"ENT-02"}),
        ('    assert outcome(diagnosis, "NUM-03") is Outcome.FIRED', {"NUM-03"}),
        ('    assert {"REW-02", "OUT-10"} <= set(fired(diagnosis))', {"REW-02", "OUT-10"}),
        ('    assert diagnosis.roots[0].finding.code == "LOG-01"', {"LOG-01"}),
        ('    assert "OUT-08" not in fired(diagnosis)', set()),
        ('    assert set(fired(diagnosis)).isdisjoint({"OUT-02", "OUT-10"})', set()),
        ('    assert outcome(diagnosis, "OUT-10") is not Outcome.FIRED', set()),
        ('    assert_quiet(diagnosis, ["OUT-02"], never=["OUT-06"])', set()),
    ],
)
def test_what_a_test_asserts_is_read_from_its_words(line: str, codes: set[str]) -> None:
    assert asserted_in(line) == codes


@pytest.mark.skipif(not RUNS.is_dir(), reason="no bundled reference runs beside the package")
def test_every_rule_is_reached_or_listed() -> None:
    reached = by_tests() | by_bundled_runs()
    written = {rule.code for rule in rules()}
    waiting = listed()
    assert waiting == sorted(set(waiting)), "the list is sorted, each code once"
    assert {code: reached[code] for code in waiting if code in reached} == {}, "reached: take it off the list"
    assert sorted(set(waiting) - written) == [], "no such rule"
    assert sorted(written - set(reached) - set(waiting)) == [], "no end-to-end log on which these fire"
