"""The level that the verdict and the gate use stands in every machine-readable format."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from rldoctor.gate.judge import Conditions, Terms, judge
from rldoctor.model.finding import Diagnosis, Severity
from rldoctor.report import render, write
from rldoctor.report.results import read_results


@pytest.fixture
def raised(make: Callable[[str], Diagnosis]) -> Diagnosis:
    """A root cause that is a warning by itself and explains an error and a warning, gated."""
    sick = make("sick")
    root = sick.roots[0]
    mild = replace(root.finding, severity=Severity.WARNING)
    told = tuple(
        replace(one, finding=mild) if one.code == mild.code and one.finding is not None else one
        for one in sick.results
    )
    diagnosis = replace(sick, verdict="error", roots=(replace(root, finding=mild),), results=told)
    (gated,) = judge([diagnosis], [Terms()], [[0]], Conditions())
    return gated


def test_json_has_both_levels(raised: Diagnosis) -> None:
    (run,) = json.loads(render([raised], "json"))["runs"]
    (root,) = run["roots"]
    assert (root["severity"], root["severity_as_cause"]) == ("warning", "error")
    assert root["severity_as_cause"] == run["verdict"] == run["gate"]["findings"][0]["severity"]
    (line,) = map(json.loads, render([raised], "jsonl").splitlines())
    assert line["roots"][0]["severity_as_cause"] == "error"


def test_junit_fails_at_the_level_that_counts_and_says_why(raised: Diagnosis) -> None:
    cases = {
        case.get("name"): case for case in ElementTree.fromstring(render([raised], "junit")).iter("testcase")
    }
    failure = cases["POL-01 policy-frozen"].find("failure")
    assert failure is not None
    assert failure.get("type") == "error"
    assert "warning by itself, error as the cause of ENT-04" in (failure.text or "")
    symptom = cases["OUT-10 the-return-is-flat"].find("failure")
    assert symptom is not None
    assert symptom.get("type") == "warning"


def test_the_tables_have_it_for_root_causes(raised: Diagnosis, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pandas as pd

    write([raised], "parquet", tmp_path / "runs.parquet")
    table = pd.read_parquet(tmp_path / "runs.parquet")
    found = table[table["row"] == "finding"].set_index("code")
    assert found.loc["POL-01", ["severity", "severity_as_cause"]].tolist() == ["warning", "error"]
    assert found["severity_as_cause"].notna().tolist() == found["root"].tolist() == [True, False, False]
    frame = raised.to_frame()
    assert frame["severity"].tolist() == ["warning", "error", "warning"]
    assert frame["severity_as_cause"].tolist() == ["error", "", ""]


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_the_page_of_many_runs_shows_that_level(raised: Diagnosis, form: str, tmp_path: Path) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow")
    write([raised], form, tmp_path / f"runs.{form}")
    (run,) = read_results(tmp_path / f"runs.{form}").runs
    assert [one.severity for one in run.findings] == ["error", "error", "warning"]
