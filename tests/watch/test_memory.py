"""What is news: new, worse, gone, and what is not said."""

import json
from dataclasses import replace

import pytest

from rldoctor.model.config import RunConfig
from rldoctor.model.finding import Coverage, Diagnosis, Finding, Outcome, Root, RuleResult, Severity
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run
from rldoctor.watch.memory import Memory, Recorded, reaches
from rldoctor.watch.webhook import payload

WARNING, ERROR, CRITICAL = Severity.WARNING, Severity.ERROR, Severity.CRITICAL
PASSED, UNMEASURED = Outcome.PASSED, Outcome.NOT_MEASURED


def judged(tmp_path, *found, name="exp", **others):
    """A diagnosis with root causes ``(code, severity)``, and outcomes of further rules by code."""
    run = Run(name, tmp_path, "csv", "generic", "ppo", MetricFrame({}), RunConfig())
    findings = [Finding(code, code.lower(), f"title of {code}", severity, "says") for code, severity in found]
    results = [RuleResult(one.code, one.slug, one.title, Outcome.FIRED, one) for one in findings]
    results += [RuleResult(code, code, code, outcome) for code, outcome in others.items()]
    coverage = Coverage(1, 0, 0, 0, 1)
    return Diagnosis(run, coverage, "error", tuple(Root(one) for one in findings), tuple(results))


@pytest.fixture
def looks(tmp_path):
    memory = Memory(WARNING)

    def look(*found, **others):
        return told(memory.look([judged(tmp_path, *found, **others)]))

    look.memory = memory
    return look


def told(events):
    return [(event.change.value, event.code, event.severity) for event in events]


def test_what_is_remembered_outlives_the_memory(looks, tmp_path):
    looks(("A", WARNING), ("B", ERROR))
    looks(("A", WARNING), ("B", ERROR), ("C", ERROR))
    looks(("A", WARNING), ("C", ERROR), B=PASSED)
    looks(("A", WARNING), ("C", ERROR), ("D", ERROR))
    kept = {name: one.document() for name, one in looks.memory.recorded().items()}
    later = Memory(WARNING)
    later.restore({name: Recorded.parse(one) for name, one in json.loads(json.dumps(kept)).items()})
    assert {name: one.document() for name, one in later.recorded().items()} == kept
    assert told(later.look([judged(tmp_path, ("A", CRITICAL), ("D", ERROR))])) == [("new", "D", ERROR)]
    assert told(later.look([judged(tmp_path, ("A", CRITICAL), ("C", ERROR))])) == [("worse", "A", CRITICAL)]


def test_a_remembered_run_may_be_renamed_by_a_second_start(looks, tmp_path):
    looks(("A", ERROR))
    later = Memory(WARNING)
    later.restore(looks.memory.recorded())
    runs = [judged(tmp_path, ("A", ERROR), name=name) for name in ("exp#1", "exp#2")]
    assert [event.diagnosis.run.id for event in later.look(runs)] == ["exp#2"]


def test_the_first_look_tells_at_once_and_nothing_is_told_twice(looks):
    assert looks(("A", ERROR), ("B", Severity.INFO)) == [("new", "A", ERROR)]
    assert looks(("A", ERROR)) == []
    assert looks(("A", WARNING)) == [], "less severe is no news"
    assert looks(("A", ERROR)) == [], "nor is the severity that was told before"


def test_later_a_finding_needs_two_looks_in_a_row(looks):
    looks()
    assert looks(("A", ERROR)) == []
    assert looks(A=PASSED) == []
    assert looks(("A", ERROR)) == [], "it swings about its threshold"
    assert looks(("A", ERROR)) == [("new", "A", ERROR)]
    assert looks(("A", CRITICAL)) == []
    assert looks(("A", CRITICAL)) == [("worse", "A", CRITICAL)]


def test_a_log_that_stopped_growing_is_looked_at_once_only(looks):
    looks()
    assert looks(("A", CRITICAL)) == []
    assert told(looks.memory.settle()) == [("new", "A", CRITICAL)]
    assert told(looks.memory.settle()) == []


def test_gone_needs_a_rule_that_looked_twice_and_found_nothing(looks):
    looks(("A", ERROR))
    assert looks(A=UNMEASURED) == []
    assert looks(A=UNMEASURED) == [], "not measured is not passed"
    assert looks(A=PASSED) == []
    assert looks(A=PASSED) == [("gone", "A", None)]
    assert looks(A=PASSED) == []
    assert looks(("A", ERROR)) == []
    assert looks(("A", ERROR)) == [("new", "A", ERROR)], "it came back"


def test_a_root_cause_that_is_now_explained_by_another_is_not_gone(looks, tmp_path):
    looks(("A", WARNING))
    both = judged(tmp_path, ("A", WARNING), ("B", ERROR))
    folded = replace(both, roots=(Root(both.roots[1].finding, explains=(both.roots[0].finding,)),))
    assert told(looks.memory.look([folded])) == []
    assert told(looks.memory.look([folded])) == [("new", "B", ERROR)]
    assert looks(("A", WARNING), ("B", ERROR)) == []


def test_runs_are_kept_apart_and_a_run_may_be_renamed_by_a_second_start(looks, tmp_path):
    assert looks(("A", ERROR)) == [("new", "A", ERROR)]
    first, second = (judged(tmp_path, ("A", ERROR), name=f"exp#{number}") for number in (1, 2))
    events = looks.memory.look([first, second])
    assert [(event.code, event.diagnosis.run.id) for event in events] == [("A", "exp#2")]
    assert [one.run.id for one in looks.memory.diagnoses] == ["exp#1", "exp#2"]


def test_exit_and_payload_of_what_is_gone(looks, tmp_path):
    looks(("A", CRITICAL))
    looks(A=PASSED)
    events = looks.memory.look([judged(tmp_path, A=PASSED)])
    assert not reaches(events, Severity.INFO), "something that is gone ends no watch"
    message = payload(events[0])
    assert message["change"] == "gone"
    assert (message["finding"]["severity"], message["finding"]["severity_before"]) == (None, "critical")
    assert message["details"] == ["at step 0 the rule looked and did not find it; it was told at step 0"]
