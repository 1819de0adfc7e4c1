"""The list of what to do: one change first, alternatives by cause, nothing twice, no guess."""

from __future__ import annotations

from pathlib import Path

import pytest

import rldoctor
from rldoctor.model.config import RunConfig
from rldoctor.model.finding import Cause, Coverage, Diagnosis, Finding, Prescription, Root, Severity
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run
from rldoctor.report.todo import Todo, todo
from rldoctor.report.words import headline

RUNS = Path(__file__).parents[2] / "reference_runs"


def change(name: str, key: str = "", to: str = "", cause: str = "", sure: bool = True) -> Prescription:
    return Prescription(name, name, key, key, "1" if key else "", to, cause=cause, sure=sure)


def root(code: str, *fixes: Prescription, severity: Severity = Severity.ERROR, **fields: object) -> Root:
    causes = tuple(Cause(name, f"because of {name}") for name in ("a", "b"))
    finding = Finding(code, code.lower(), code, severity, "", causes=causes, prescriptions=fixes, **fields)
    return Root(finding)


def listed(*roots: Root, verdict: str = "error") -> Todo:
    run = Run("r", Path(), "test", "", "ppo", MetricFrame({}), RunConfig())
    return todo(Diagnosis(run, Coverage(1, 0, 0, 0, 1), verdict, roots))


def test_one_change_is_first_and_the_rest_stands_by_cause() -> None:
    first = root("A", change("x", "lr", "2", "a"), change("y", cause="a"), change("z", cause="b"))
    found = listed(first, root("B", change("w")))
    assert found.first is not None
    assert found.first.change == "lr: 1 -> 2"
    groups = [(group.heading, [fix.prescription.id for fix in group.fixes]) for group in found.otherwise]
    assert groups == [("because of a", ["y"]), ("because of b", ["z"]), ("B.", ["w"])]


def test_a_key_has_one_number_and_an_action_stands_once() -> None:
    found = listed(
        root("A", change("x", "lr", "2"), change("normalise")),
        root("B", change("other", "lr", "3"), change("normalise"), change("x2", "epochs", "3")),
    )
    assert [fix.prescription.id for fix in found.all] == ["x", "normalise", "x2"]


def test_what_the_numbers_say_comes_before_what_nothing_decides() -> None:
    found = listed(root("A", change("open", cause="a", sure=False), change("known", cause="b")))
    assert [fix.prescription.id for fix in found.all] == ["known", "open"]


def test_a_guess_is_no_advice_where_something_is_wrong() -> None:
    guess = root("A", change("x"), severity=Severity.INFO)
    assert listed(guess, root("B", change("y"))).all[0].prescription.id == "y"
    assert listed(guess).first is None
    assert listed(guess, verdict="healthy").first is not None
    held_down = root("A", change("x"), severity=Severity.INFO, capped="lowered: the run learns")
    assert listed(held_down, verdict="warning").first is not None


def test_the_headline_names_the_setting_that_is_the_cause() -> None:
    (run,) = rldoctor.load(RUNS / "faulty" / "clip-range-tiny" / "ppo-Hopper-v5-0").runs
    diagnosis = rldoctor.diagnose(run)
    assert headline(diagnosis).startswith("clip_range = 0.0005 stops the policy, since step")
    first = todo(diagnosis).first
    assert first is not None
    assert first.change == "clip_range: 0.0005 -> 0.2"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("value-clip-tiny/ppo-Hopper-v5-0", "clip_range_vf = 0.2 keeps the critic from following"),
        ("alpha-fixed-low/sac-Pendulum-v1-0", "ent_coef = 1e-06 pays nothing for entropy"),
    ],
)
def test_a_setting_whose_change_is_a_sentence_is_named_too(place: str, said: str) -> None:
    (diagnosis,) = map(rldoctor.diagnose, rldoctor.load(RUNS / "faulty" / place))
    assert headline(diagnosis).startswith(f"{said}")
    first = todo(diagnosis).first
    assert first is not None
    assert first.change == ""
    assert first.sentence
