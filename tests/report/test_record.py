"""How well a rule does on runs with known labels stands beside what it found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rldoctor.api import diagnose, load
from rldoctor.model.finding import Diagnosis
from rldoctor.model.measured import Measured
from rldoctor.report import render
from rldoctor.report.json_report import json_schema
from rldoctor.report.terminal import render as terminal
from rldoctor.report.terminal_parts import VERBOSE

SICK = Path(__file__).parents[2] / "reference_runs" / "faulty" / "frozen-actor" / "ppo-Hopper-v5-0"
RECORD = Measured("stable", 7, 8, 0, 27, 0.529, 0.978, first_right=6, first_named=7, probability=0.75)


def measured(diagnosis: Diagnosis, record: Measured | None) -> Diagnosis:
    first, *others = diagnosis.roots
    return replace(
        diagnosis, roots=(replace(first, finding=replace(first.finding, measured=record)), *others)
    )


def html(diagnosis: Diagnosis) -> str:
    return render([diagnosis], "html")


def in_full(diagnosis: Diagnosis) -> str:
    return terminal([diagnosis], VERBOSE)


@pytest.mark.parametrize("report", [in_full, html])
def test_a_report_shows_it_where_there_is_one(make: Any, report: Callable[[Diagnosis], str]) -> None:
    with_it, without = (" ".join(report(measured(make("sick"), record)).split()) for record in (RECORD, None))
    assert "stable; on held-out runs: found in 7 of 8" in with_it
    # What the rule means in general stands below, with its record as shipped.
    assert "held-out runs" not in without.partition("What each rule means")[0]


def test_the_json_report_has_its_numbers(make: Any) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    report = json.loads(render([measured(make("sick"), RECORD), measured(make("sick"), None)], "json"))
    jsonschema.validate(report, json_schema())
    known, unknown = (run["roots"][0]["measured"] for run in report["runs"])
    assert known == {
        "status": "stable",
        "split": "hold",
        "recall": 0.875,
        "low": 0.529,
        "high": 0.978,
        "n": 8,
        "false_alarms": 0,
        "n_healthy": 27,
        "first_right": 6,
        "first_named": 7,
        "probability": 0.75,
    }
    assert unknown is None


def test_a_built_in_rule_brings_its_record_unless_its_thresholds_were_changed() -> None:
    (run,) = load(SICK).runs
    as_it_is, changed = diagnose(run), diagnose(run, thresholds={"POL-01": {"kl_zero": 2e-5}})
    found = [
        next(root.finding for root in one.roots if root.finding.code == "POL-01")
        for one in (as_it_is, changed)
    ]
    assert found[0].measured is not None
    assert found[0].measured.shown >= 1
    assert found[1].measured is None
