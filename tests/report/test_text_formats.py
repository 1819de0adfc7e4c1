"""Markdown, JUnit and GitHub annotations."""

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from rldoctor.model.finding import Judged, RunGate, Severity, Standing
from rldoctor.report import render
from rldoctor.report.markdown import escape


def test_junit_has_one_case_per_rule_and_keeps_silence_apart_from_passing(make):
    root = ElementTree.fromstring(render([make("sick"), make("healthy")], "junit"))
    suite, healthy = root.findall("testsuite")
    assert [suite.get(key) for key in ("tests", "failures", "errors", "skipped")] == ["7", "3", "1", "2"]
    cases = {case.get("name"): case for case in suite}
    failure = cases["POL-01 policy-frozen"].find("failure")
    assert failure.get("type") == "critical"
    assert "Set learning_rate to 0.001" in failure.text
    assert (
        cases["VAL-01 value-useless"].find("skipped").get("message")
        == "not measured: needs explained_variance"
    )
    assert cases["LOG-02 broken"].find("error") is not None
    assert len(cases["NUM-01 not-finite"]) == 0
    assert healthy.get("failures") == "0"


def test_junit_of_a_hostile_log_is_well_formed(make):
    root = ElementTree.fromstring(render([make("hostile")], "junit"))
    assert "<script>alert(1)</script>" in root.find(".//failure").get("message")


def test_github_writes_one_command_per_root_cause(make):
    lines = render([make("sick"), make("healthy")], "github").splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("::error title=rldoctor%3A ppo_1%3A POL-01::The policy stopped changing")
    assert lines[1].startswith("::notice title=rldoctor%3A ppo_2%3A healthy::")


def test_github_annotations_come_worst_first_as_it_shows_ten_of_a_kind(make):
    lines = render([make("healthy"), make("no_data"), make("sick")], "github").splitlines()
    assert [line.split()[0] for line in lines] == ["::error", "::notice", "::notice"]
    assert "POL-01" in lines[0]


def test_a_github_annotation_has_the_level_that_counts_in_the_gate(make):
    diagnosis = make("sick")
    root = diagnosis.roots[0]
    mild = replace(root, finding=replace(root.finding, severity=Severity.WARNING))
    assert mild.severity > Severity.WARNING
    text = render([replace(diagnosis, roots=(mild,))], "github")
    assert text.startswith("::error title=")


def test_a_log_cannot_start_a_github_command(make):
    diagnosis = make("hostile")
    object.__setattr__(diagnosis.roots[0].finding, "message", "x\n::stop-commands::y%\r\n::error::z")
    lines = render([diagnosis], "github").splitlines()
    assert [line[:8] for line in lines] == ["::error "]


def test_markdown_shows_findings_and_escapes_what_came_from_the_log(make):
    text = render([make("sick"), make("hostile")], "markdown")
    assert "| median KL | 204,800 to 1,001,472 | 2.1e-08 nats | below 1e-05 | 389 |" in text
    assert r"1. **learning\_rate: 0.0003 -&gt; 0.001**" in text
    assert "<script" not in text
    for line in text.splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) in {5, 6}


def test_the_line_to_write_is_the_same_in_every_format(make):
    line = "learning_rate=0.001,"
    lines = render([make("sick")], "markdown").splitlines()
    at = lines.index(f"   {line}")
    assert lines[at - 3 : at + 2] == ["   argument of PPO(...):", "", "   ```", f"   {line}", "   ```"]
    fix = json.loads(render([make("sick")], "json"))["runs"][0]["roots"][0]["fixes"][0]
    assert fix["snippet"] == {"text": line, "where": "argument of PPO(...)"}
    assert line in render([make("sick")], "html")
    for name in ("hostile", "no_data"):
        assert render([make(name)], "markdown").count("```") % 2 == 0


def test_markdown_escape():
    assert escape("a|b *c* [d](e) <f> @g\n# h") == r"a\|b \*c\* \[d\](e) &lt;f&gt; @" + "\u200bg \\# h"
    assert escape("- item") == r"\- item"


@pytest.mark.parametrize("format", ["junit", "github", "markdown", "terminal", "json", "html"])
def test_what_is_not_counted_in_the_gate_says_why(make, format):
    text = "waived until 2030-01-01: frozen on purpose"
    gate = RunGate("error", (Judged("POL-01", Severity.CRITICAL, Standing.WAIVED, False, text),))
    assert text in " ".join(render([replace(make("sick"), gate=gate)], format).split())


def test_a_symptom_is_excused_with_its_root_and_only_then(make):
    def failing(standing):
        gate = RunGate("error", (Judged("POL-01", Severity.CRITICAL, standing, False, "why"),))
        root = ElementTree.fromstring(render([replace(make("sick"), gate=gate)], "junit"))
        return [
            case.get("name").split()[0] for case in root.iter("testcase") if case.find("failure") is not None
        ]

    assert failing(Standing.KNOWN) == []
    assert failing(Standing.NEW) == ["POL-01", "ENT-04", "OUT-10"]
