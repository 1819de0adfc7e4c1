"""The machine-readable contract."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rldoctor.report import json_report, render
from rldoctor.report.json_report import json_schema

CONTRACT = {"path", "id", "format", "framework", "algorithm", "env", "steps", "coverage", "verdict", "roots",
            "results", "unmapped", "notes"}  # fmt: skip


def parsed(*diagnoses):
    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    return json.loads(render(diagnoses, "json"), parse_constant=refuse)


@pytest.mark.parametrize("name", ["sick", "healthy", "no_data", "hostile"])
def test_every_report_satisfies_the_published_schema(make, name):
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(json_schema())
    jsonschema.validate(parsed(make(name), make("healthy")), json_schema())


def test_schema_refuses_a_report_with_a_wrong_verdict(make):
    jsonschema = pytest.importorskip("jsonschema")
    report = parsed(make("sick"))
    report["runs"][0]["verdict"] = "fine"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report, json_schema())


def test_the_contract_of_the_design(make):
    report = parsed(make("sick"))
    run = report["runs"][0]
    assert report["schema"] == 1
    assert set(run) >= CONTRACT
    assert run["coverage"] == {"ran": 4, "not_measured": 1, "not_applicable": 1, "error": 1, "total": 7}
    assert run["steps"] == 489 * 2048
    assert run["unmapped"] == ["custom/foo"]
    (root,) = run["roots"]
    assert (root["code"], root["severity"], root["onset"]) == ("POL-01", "critical", 204_800)
    assert root["explains"] == ["ENT-04", "OUT-10"]
    assert [fix["to_number"] for fix in root["fixes"]] == [1e-3, None]
    outcomes = {entry["code"]: entry["outcome"] for entry in run["results"]}
    assert outcomes["VAL-01"] == "not_measured"
    assert outcomes["OFF-01"] == "not_applicable"
    fired = next(entry for entry in run["results"] if entry["code"] == "POL-01")
    assert fired["measures"][0]["limit"] == 1e-5
    assert fired["measures"][0]["window"] == [204_800, 1_001_472]


def test_nan_and_infinity_become_null(make):
    healthy, hostile = parsed(make("healthy"), make("hostile"))["runs"]
    number = next(entry for entry in healthy["results"] if entry["code"] == "NUM-01")["measures"][0]
    assert number["value"] is None
    assert number["limit"] is None
    assert math.isnan(make("hostile").roots[0].finding.onset)
    assert hostile["roots"][0]["onset"] is None
    assert hostile["results"][0]["measures"][0]["window"] == [0, None]


def test_a_path_that_is_no_text_is_still_written(make):
    assert "\ufffd<script>" in parsed(make("hostile"))["runs"][0]["path"]


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(PLAIN)
def test_the_text_is_that_of_the_standard_library(value: object) -> None:
    assert json_report.text(value) == json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)


@pytest.mark.parametrize("value", [math.nan, -math.inf, [1.0, math.inf], {"a": {1, 2}}])
def test_what_json_cannot_hold_is_an_error(value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        json_report.text(value)
