"""Every text and machine format of two bundled runs, compared with committed files.

After a wanted change: ``RLDOCTOR_REFRESH_GOLDEN=1 python -m pytest tests/report/test_golden.py``, then read
the difference. The rules and derived quantities of these reports are copies that nobody needs to keep up with
``rules/``, so that a file here changes only when what makes reports does.
"""

import json
import os
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import junitparser
import pytest

import rldoctor
from rldoctor.api import load
from rldoctor.engine.diagnose import diagnose_run
from rldoctor.engine.policy import load_derived, load_policy
from rldoctor.gate.judge import Conditions, Terms, judge
from rldoctor.model.finding import Severity
from rldoctor.paths import builtin_rules_dir
from rldoctor.report import render
from rldoctor.report.json_report import json_schema
from rldoctor.rulebook.loader import load_pack

ROOT = Path(rldoctor.__file__).parents[1]
GOLDEN = Path(__file__).parent / "golden"
RUNS = (
    "reference_runs/faulty/reward-exp-sharp/ppo-Reacher-v5-exp-0",
    "reference_runs/healthy/ppo-Reacher-v5-exp-0",
)
FILES = {
    "json": "report.json",
    "junit": "junit.xml",
    "markdown": "summary.md",
    "github": "annotations.txt",
    "terminal": "terminal.txt",
}
REFRESH = os.environ.get("RLDOCTOR_REFRESH_GOLDEN", "") not in {"", "0"}

pytestmark = pytest.mark.skipif(not (ROOT / RUNS[0]).is_dir(), reason="no bundled runs beside the package")


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """The reports show relative paths, and no version."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("rldoctor.report.json_report.__version__", "VERSION")


@lru_cache(maxsize=1)
def diagnoses():
    """The runs, through a gate that knows one of the findings."""
    rules = load_pack([GOLDEN / "rules"], tests=False)
    policy, derived = load_policy(builtin_rules_dir()), load_derived(GOLDEN / "derived")
    found = [diagnose_run(run, rules, policy, derived) for path in RUNS for run in load(path)]
    known = [{"CFG-10": Severity.WARNING}, None]
    return judge(found, [Terms()] * 2, [[0], [1]], Conditions("any", (), known))


def close(mine, theirs):
    """Equal, numbers up to the last digits, which may differ between processors."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return list(mine) == list(theirs) and all(close(mine[key], theirs[key]) for key in mine)
    if isinstance(mine, list) and isinstance(theirs, list):
        return len(mine) == len(theirs) and all(map(close, mine, theirs))
    if isinstance(mine, float) or isinstance(theirs, float):
        return mine == pytest.approx(theirs, rel=1e-6)
    return mine == theirs


@pytest.mark.parametrize("format", FILES)
def test_the_report_is_the_committed_one(format):
    text, file = render(diagnoses(), format), GOLDEN / FILES[format]
    if REFRESH:
        file.write_text(text, encoding="utf-8", newline="\n")
    golden = file.read_text(encoding="utf-8")
    if format == "json" and close(json.loads(text), json.loads(golden)):
        return
    assert text == golden


def test_the_golden_runs_show_what_a_report_can_show():
    """A root that counts, one that is known, a symptom, rules that passed, could not look, do not apply."""
    sick, healthy = json.loads((GOLDEN / FILES["json"]).read_text())["runs"]
    assert (sick["verdict"], healthy["verdict"]) == ("critical", "healthy")
    assert [one["standing"] for one in sick["gate"]["findings"]] == ["new", "known"]
    assert sick["roots"][0]["explains"]
    assert {"fired", "passed", "not_applicable"} <= {one["outcome"] for one in sick["results"]}
    assert "not_measured" in {one["outcome"] for each in (sick, healthy) for one in each["results"]}


def test_the_golden_json_satisfies_the_published_schema():
    jsonschema.validate(json.loads((GOLDEN / FILES["json"]).read_text()), json_schema())


def test_a_junit_reader_counts_what_the_diagnosis_says():
    read = junitparser.JUnitXml.fromstring(render(diagnoses(), "junit"))
    suites = list(read)
    assert [suite.name for suite in suites] == ["faulty/reward-exp-sharp/ppo-Reacher-v5-exp-0",
                                                "healthy/ppo-Reacher-v5-exp-0"]  # fmt: skip
    for suite, diagnosis in zip(suites, diagnoses(), strict=True):
        outcomes = {result.code: result.outcome.value for result in diagnosis.results}
        before = (suite.tests, suite.failures, suite.errors, suite.skipped)
        suite.update_statistics()
        assert before == (suite.tests, suite.failures, suite.errors, suite.skipped)
        assert suite.tests == len(outcomes)
        for case in suite:
            assert isinstance(case, junitparser.TestCase)
            outcome = outcomes[case.name.partition(" ")[0]]
            if outcome == "passed":
                assert case.is_passed
            elif outcome in ("not_measured", "not_applicable"):
                assert case.is_skipped
    assert (read.tests, read.failures) == (sum(suite.tests for suite in suites), 3)


def test_a_finding_in_the_baseline_is_skipped_in_junit_and_a_notice_on_github():
    case = ElementTree.fromstring(render(diagnoses(), "junit")).find(
        ".//testcase[@name='CFG-10 rollout-batch-too-small']"
    )
    assert case.find("skipped").get("message") == "found, and not counted: known: warning in the baseline"
    lines = render(diagnoses(), "github").splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error", "::notice", "::notice"]
    assert lines[1].endswith("%0Aknown: warning in the baseline")


def test_github_commands_have_the_form_that_the_runner_reads():
    """``::command key=value,...::message``, one per line, with the runner's escapes (actions/toolkit)."""
    for line in render(diagnoses(), "github").splitlines():
        assert line.startswith("::")
        head, _, message = line[2:].partition("::")
        command, _, properties = head.partition(" ")
        assert command in {"error", "warning", "notice"}
        assert message
        for pair in properties.split(","):
            key, _, value = pair.partition("=")
            assert key in {"title", "file", "line", "endLine", "col", "endColumn"}
            assert ":" not in value
