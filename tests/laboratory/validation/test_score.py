"""The counts, on labelled runs whose figures were worked out by hand."""

from __future__ import annotations

import pytest
from every import every

from laboratory.validation import score
from laboratory.validation.cases import DiagnosedRun, Label, Seen, SeenFinding
from laboratory.validation.criteria import Goal, ValidationCriteria, load_criteria
from laboratory.validation.score import HitRate
from rldoctor.model.finding import Severity

INFO, WARNING, ERROR = Severity.INFO, Severity.WARNING, Severity.ERROR
EVERY = frozenset({"POL-01", "CFG-06", "OUT-10"})
CRITERIA = ValidationCriteria(
    found=WARNING,
    alarm=ERROR,
    confidence=0.95,
    stable={
        "runs": 4,
        "tasks": 2,
        "recall": 0.9,
        "healthy": 1,
        "false_alarms": 0.01,
        "false_alarms_at_error": 0,
    },
    tested={"runs": 1, "false_alarms_at_error": 0},
    goals=(),
    probability={"prior": 0.5, "weight": 4},
    bins=(0, 0.5, 1),
)


def found(
    code: str, level: Severity, onset: float | None = None, weight: Severity | None = None
) -> SeenFinding:
    return SeenFinding(code, level, weight or level, onset)


def case(
    *roots: SeenFinding, folded: tuple[SeenFinding, ...] = (), looked: frozenset[str] = EVERY, **label: object
) -> DiagnosedRun:
    name = str(label.pop("name", "run"))
    return DiagnosedRun(Label(name, **label), Seen("error", roots, folded, looked))  # type: ignore[arg-type]


def healthy(*roots: SeenFinding, **label: object) -> DiagnosedRun:
    return case(*roots, **label)


def sick(*roots: SeenFinding, **label: object) -> DiagnosedRun:
    given = {
        "fault": "lr-zero",
        "shows": True,
        "roots": ("POL-01", "CFG-06"),
        "symptoms": ("OUT-10",),
        **label,
    }
    return case(*roots, **given)  # type: ignore[arg-type]


FIVE_SICK = [
    sick(found("POL-01", ERROR)),
    sick(found("CFG-06", ERROR), folded=(found("POL-01", WARNING),)),
    sick(found("OUT-10", ERROR), found("POL-01", INFO)),  # a remark is not found
    sick(found("CFG-06", WARNING), looked=frozenset({"CFG-06"})),  # POL-01 could not look
    sick(),
]


def test_recall_counts_the_runs_on_which_the_rule_could_look() -> None:
    assert score.score_rule("POL-01", FIVE_SICK, CRITERIA).recall == HitRate(2, 4, 5)


def test_recall_is_of_the_first_expected_root_and_as_root_of_any() -> None:
    counted = score.score_rule("CFG-06", FIVE_SICK, CRITERIA)
    assert counted.recall == HitRate(0, 0, 0)
    assert counted.recall.share is None
    assert counted.as_root == HitRate(2, 5, 5)


def test_a_symptom_is_correct_and_neither_recall_nor_unexpected() -> None:
    counted = score.score_rule("OUT-10", FIVE_SICK, CRITERIA)
    assert (counted.correct, counted.recall.runs, counted.unexpected) == (1, 0, HitRate(0, 0, 0))


def test_a_finding_on_another_fault_is_unexpected_and_no_false_alarm() -> None:
    others = [sick(found("POL-01", ERROR), roots=("REW-02",)), sick(roots=("REW-02",))]
    counted = score.score_rule("POL-01", others, CRITERIA)
    assert counted.unexpected == HitRate(1, 2, 2)
    assert counted.false_alarms == HitRate(0, 0, 0)


def test_false_alarms_are_those_on_healthy_runs_by_level() -> None:
    runs = [
        healthy(),
        healthy(found("POL-01", WARNING)),
        healthy(found("POL-01", ERROR)),
        healthy(found("POL-01", INFO)),
        healthy(looked=frozenset()),
    ]
    counted = score.score_rule("POL-01", runs, CRITERIA)
    assert counted.false_alarms == HitRate(2, 4, 5)
    assert counted.alarmed == 1


def test_runs_that_do_not_show_the_fault_or_nobody_judged_count_in_no_rate() -> None:
    runs = [sick(found("POL-01", ERROR), shows=shows) for shows in (False, None)]
    counted = score.score_rule("POL-01", runs, CRITERIA)
    assert [counted.recall.runs, counted.unexpected.runs, counted.false_alarms.runs, counted.correct] == [
        0
    ] * 4
    assert score.score_overall(runs, CRITERIA).root_first == HitRate(0, 0, 0)


def test_the_whole_diagnosis() -> None:
    runs = [*FIVE_SICK, healthy(), healthy(found("OUT-10", WARNING, weight=ERROR)), sick(shows=False)]
    counted = score.score_overall(runs, CRITERIA)
    assert counted.root_first == HitRate(3, 5, 5)
    assert counted.root_found == HitRate(3, 5, 5)
    assert counted.healthy_alarmed == HitRate(1, 2, 2)
    assert counted.hidden_alarmed == HitRate(0, 1, 1)


def test_an_expected_root_that_is_first_counts_at_any_level_but_is_not_found_as_a_remark() -> None:
    counted = score.score_overall([sick(found("POL-01", INFO))], CRITERIA)
    assert (counted.root_first, counted.root_found) == (HitRate(1, 1, 1), HitRate(0, 1, 1))


def test_onset_error_is_in_percent_of_the_run_and_of_late_faults_only() -> None:
    late = {"onset": 500.0, "steps": 1000.0}
    runs = [
        sick(found("POL-01", ERROR, 520), **late),  # 2 %
        sick(found("POL-01", ERROR, 400), **late),  # 10 %
        sick(found("CFG-06", ERROR, 560), **late),  # 6 %, by the second root
        sick(found("POL-01", ERROR), **late),  # found, its onset not known
        sick(**late),  # missed
        sick(found("POL-01", ERROR, 900), steps=1000.0),  # from the start on
    ]
    error = score.onset_error(runs, CRITERIA)
    assert (error.median, error.of, error.runs) == (pytest.approx(6.0), 3, 5)
    assert score.onset_error([], CRITERIA).median is None


def held(count: int, hits: int, tasks: int = 2) -> list[DiagnosedRun]:
    roots = [(found("POL-01", ERROR),)] * hits + [()] * (count - hits)
    return [sick(*one, split="hold", algo="ppo", task=f"task {i % tasks}") for i, one in enumerate(roots)]


@every(
    ("runs", "expected"),
    [
        ([*held(4, 4), healthy()], "stable"),
        ([*held(10, 9), healthy()], "stable"),
        (held(4, 4), "tested"),  # no healthy run on which it could have been wrong
        ([*held(9, 8), healthy()], "tested"),  # 0.889
        ([*held(3, 3), healthy()], "tested"),
        ([*held(4, 4, tasks=1), healthy()], "tested"),
        (held(4, 0), "experimental"),
        ([*held(4, 4), healthy(found("POL-01", WARNING))], "tested"),  # 1 of 1 is more than 1 %
        ([*held(4, 4), healthy(found("POL-01", WARNING)), *[healthy()] * 99], "stable"),
        ([*held(4, 4), healthy(found("POL-01", ERROR)), *[healthy()] * 99], "experimental"),
        ([sick(found("POL-01", WARNING), roots=("X-01",), symptoms=("POL-01",))], "tested"),
        ([sick(found("POL-01", WARNING), roots=("X-01",))], "experimental"),
        ([], "experimental"),
    ],
)
def test_status(runs: list[DiagnosedRun], expected: str) -> None:
    assert score.status("POL-01", runs, CRITERIA) == expected


def test_held_out_runs_alone_make_a_rule_stable() -> None:
    tuned = [sick(found("POL-01", ERROR), algo="ppo", task=f"task {i}") for i in range(8)]
    assert score.status("POL-01", tuned, CRITERIA) == "tested"


def test_the_criteria_of_the_project_are_those_of_the_issue() -> None:
    criteria = load_criteria()
    assert (criteria.found, criteria.alarm, criteria.confidence) == (WARNING, ERROR, 0.95)
    assert criteria.stable["recall"] >= 0.9
    assert {(goal.figure, goal.bound, goal.at_least) for goal in criteria.goals} == {
        ("root_first", 0.8, True),
        ("healthy_alarmed", 0.01, False),
    }


def test_a_goal_without_a_figure_is_not_met() -> None:
    goal = Goal("root_first", 0.8, True, "")
    assert [goal.met(share) for share in (None, 0.79, 0.8)] == [False, False, True]
    assert [Goal("x", 0.01, False, "").met(share) for share in (0.0, 0.02)] == [True, False]


def test_a_first_root_is_right_where_it_is_an_expected_one() -> None:
    cases = [
        sick(found("POL-01", ERROR), found("OUT-10", ERROR)),
        sick(found("OUT-10", ERROR), found("POL-01", ERROR)),
        sick(found("POL-01", INFO)),  # too little to be named
        healthy(found("POL-01", WARNING)),
    ]
    assert score.first_right("POL-01", cases, CRITERIA) == HitRate(1, 2, 2)
    assert score.probability("POL-01", cases, CRITERIA) == pytest.approx((1 + 0.5 * 4) / (2 + 4))
    assert score.probability("CFG-06", cases, CRITERIA) == 0.5


def test_claims_are_made_by_the_runs_of_the_other_split() -> None:
    tuned = [sick(found("POL-01", ERROR), split="tune")] * 4
    held = [
        sick(found("POL-01", ERROR), split="hold"),
        healthy(found("OUT-10", ERROR), split="hold"),
        sick(split="hold"),
        case(found("POL-01", ERROR), fault="lr-zero", shows=None, split="hold"),
    ]
    assert score.claims([*tuned, *held], CRITERIA) == [(pytest.approx(0.75), True), (0.5, False)]
