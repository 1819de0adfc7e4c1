"""The causal graph of a run by hand: when an order of onsets speaks against a cause, and what a score is."""

from __future__ import annotations

import pytest
from every import every

from rldoctor.engine.evaluate import Evaluated
from rldoctor.engine.policy import load_policy
from rldoctor.engine.ranking import Graph, rank
from rldoctor.language.parser import parse
from rldoctor.model.finding import Finding, Outcome, RuleResult, Severity
from rldoctor.paths import builtin_rules_dir
from rldoctor.rulebook.schema import Edge, Rule

RANKING = load_policy(builtin_rules_dir()).ranking
LENGTH = 1000.0  # an order within a tenth of it, 100 steps, is not known


def fired(
    code: str, onset: float | None, *leads: tuple[str, str], severity: Severity = Severity.ERROR
) -> Evaluated:
    finding = Finding(code, "", "", severity, "", onset=onset, metrics=("kl",))
    return judged(code, Outcome.FIRED, *leads, finding=finding)


def judged(code: str, outcome: Outcome, *leads: tuple[str, str], finding: Finding | None = None) -> Evaluated:
    rule = Rule("", code, "", Severity.ERROR, "", "", "", parse("1"), "")
    edges = tuple(Edge(to, strength) for to, strength in leads)
    return Evaluated(rule, RuleResult(code, "", "", outcome, finding=finding), edges)


def graph(*found: Evaluated, first_seen: dict[str, float] | None = None) -> Graph:
    by_outcome = {
        outcome: {one.rule.code: one for one in found if one.result.outcome is outcome}
        for outcome in (Outcome.FIRED, Outcome.PASSED)
    }
    return Graph(by_outcome[Outcome.FIRED], by_outcome[Outcome.PASSED], RANKING, LENGTH, first_seen or {})


@every(
    ("cause", "symptom", "first_seen", "expected"),
    [
        (300, 500, {}, "before"),
        (590, 500, {}, "before"),  # 90 steps late is within what onsets can tell
        (600, 500, {}, "before"),
        (601, 500, {}, "after"),
        (None, 500, {}, "before"),  # a setting is there from the start
        (None, None, {}, "before"),
        (300, None, {}, "unknown"),
        (700, 500, {"A": 650}, "unknown"),  # it was there when its metric was first logged
        (700, 500, {"A": 600}, "unknown"),
        (700, 500, {"A": 599}, "after"),
        (700, 500, {"B": 450}, "unknown"),  # the symptom never was otherwise
        (700, 500, {"B": 399}, "after"),
        (700, 500, {"A": 0, "B": 0}, "after"),
    ],
)
def test_a_cause_cannot_begin_clearly_after_its_symptom(cause, symptom, first_seen, expected) -> None:
    made = graph(fired("A", cause), fired("B", symptom), first_seen=first_seen)
    assert made.timing("A", "B") == getattr(RANKING, expected)


def test_what_holds_a_run_behind_good_ones_need_not_have_put_it_there() -> None:
    held = graph(fired("A", 700), fired("OUT-03", 700), fired("OUT-01", 500))
    assert held.timing("A", "OUT-01") == RANKING.unknown
    # The other outcomes do have a beginning, which the order of the two can be read off.
    assert held.timing("OUT-03", "OUT-01") == RANKING.after


def test_a_symptom_that_came_first_is_not_reached() -> None:
    late = graph(fired("A", 700, ("B", "H")), fired("B", 500, ("C", "H")), fired("C", 500))
    assert late.reached("A") == {}
    assert late.reached("B") == {"C": 1.0}


def test_the_best_path_counts_and_a_circle_raises_nothing() -> None:
    made = graph(
        fired("A", 0, ("B", "M"), ("C", "L"), ("D", "H")),
        fired("B", 0, ("C", "M"), ("A", "H")),
        fired("C", 0, ("B", "H")),
        judged("D", Outcome.PASSED),
    )
    assert made.reached("A") == {"B": 0.5, "C": 0.25}
    assert made.reached("C") == {"B": 1.0, "A": 1.0}


def test_a_score_is_weight_times_what_it_explains_and_what_it_foretold() -> None:
    weight = RANKING.severity["error"]
    alone = graph(fired("A", 0))
    assert alone.score("A") == weight
    told = graph(fired("A", 0, ("B", "H"), ("C", "M")), fired("B", 10), fired("C", 10))
    assert told.score("A") == weight * (1 + 1.0 + 0.5)
    unmeasured = graph(fired("A", 0, ("B", "H"), ("C", "H")), fired("B", 10))
    assert unmeasured.score("A") == weight * 2 * (1 + RANKING.unmeasured_prediction) / 2
    absent = graph(fired("A", 0, ("B", "H"), ("C", "H")), fired("B", 10), judged("C", Outcome.PASSED))
    assert absent.score("A") == pytest.approx(weight * 2 * (1 + 0) / 2 * RANKING.absent_prediction)
    never = graph(fired("A", 0, ("C", "H")), judged("C", Outcome.PASSED))
    assert never.score("A") == pytest.approx(weight * RANKING.absent_prediction**2)


def test_a_score_takes_the_mean_of_the_timings() -> None:
    weight = RANKING.severity["error"]
    made = graph(fired("A", 0, ("B", "M"), ("C", "M")), fired("B", 10), fired("C", None))
    assert made.score("A") == weight * (1 + 0.5 + 0.5) * (RANKING.before + RANKING.unknown) / 2


def test_an_odd_setting_that_explains_nothing_is_a_remark() -> None:
    finding = Finding("A", "", "", Severity.ERROR, "")
    remark = judged("A", Outcome.FIRED, finding=finding)
    assert graph(remark).score("A") == RANKING.severity["error"] * RANKING.config_only
    explains = judged("A", Outcome.FIRED, ("B", "H"), finding=finding)
    assert graph(explains, fired("B", 10)).score("A") == RANKING.severity["error"] * 2


@every(
    ("strength", "symptom", "above"),
    [
        ("H", Severity.ERROR, True),
        ("M", Severity.ERROR, False),
        ("M", Severity.WARNING, True),
        ("L", Severity.WARNING, False),
        ("L", Severity.INFO, True),
    ],
)
def test_a_note_is_no_headline_over_what_it_may_have_caused(strength, symptom, above) -> None:
    note = fired("A", 300, ("B", strength), severity=Severity.INFO)
    roots = rank([note, fired("B", 300, severity=symptom)], RANKING, LENGTH, {})
    assert ([root.finding.code for root in roots] == ["A"]) is above
    assert {one.code for root in roots for one in (root.finding, *root.explains)} == {"A", "B"}
