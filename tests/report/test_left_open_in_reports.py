"""What a run leaves open, in every format: a real run whose cause no rule sees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import rldoctor
from laboratory.mutants.packing import unpack
from rldoctor.differential.criteria import CRITERIA
from rldoctor.model.differential import Experiment, ProbeCount
from rldoctor.model.finding import Diagnosis
from rldoctor.plain_data import replace
from rldoctor.report import render, terminal
from rldoctor.report.json_report import json_schema
from rldoctor.report.terminal_parts import VERBOSE

PLANTED = Path(__file__).parents[2] / "reference_runs" / "planted"
FIRST = "the policy or the critic does not see the state it acts in"

pytestmark = pytest.mark.skipif(not PLANTED.is_dir(), reason="needs the planted runs")


@pytest.fixture(scope="module")
def open_run(tmp_path_factory: pytest.TempPathFactory) -> Diagnosis:
    place = tmp_path_factory.mktemp("planted")
    name = "dqn-acrobot/td-same-state/0"
    unpack(PLANTED, place, lambda label: f"{label['task']}/{label['fault']}/{label['seed']}" == name)
    folder = next(path for path in place.glob("r????????") if path.is_dir())
    found = rldoctor.diagnose(rldoctor.load(folder)[0])
    assert found.differential is not None
    return found


def with_probe(found: Diagnosis) -> Diagnosis:
    """The same with an experiment of known counts, whatever the record holds."""
    assert found.differential is not None
    probe = CRITERIA.load().probes[0]
    counts = (ProbeCount("observations", 3, 16), ProbeCount("targets", 6, 6), ProbeCount("none", 7, 8))
    experiment = Experiment(probe.title, probe.line, counts)
    return replace(found, differential=replace(found.differential, experiment=experiment))


def closed(found: Diagnosis) -> Diagnosis:
    return replace(found, differential=None)


def test_the_short_report_shows_the_kinds_and_what_to_try_first(open_run: Diagnosis) -> None:
    text = terminal.render([open_run])
    assert "Left open: in " in text
    assert FIRST in text
    assert open_run.differential is not None
    alone = replace(open_run, differential=replace(open_run.differential, experiment=None))
    check = open_run.differential.kinds[0].check
    assert f"check 1: {check}" in " ".join(terminal.render([alone]).split())
    probe = with_probe(open_run)
    told = terminal.render([probe])
    assert "to tell the first two apart: train your program on a task of one decision" in " ".join(
        told.split()
    )
    assert "3 of 16 with a fault of the first kind learned it" in " ".join(told.split())
    assert len(told.splitlines()) <= 25 + 9
    assert max(map(len, text.splitlines())) <= 80
    # No more than a second cause would have taken.
    assert len(text.splitlines()) <= 25 + 9
    assert "Left open" not in terminal.render([closed(open_run)])


def test_the_whole_report_has_every_check_with_its_code(open_run: Diagnosis) -> None:
    text = terminal.render([open_run], VERBOSE)
    assert open_run.differential is not None
    # Whole lines, to be copied.
    lines = {" ".join(line.split()) for line in text.splitlines()}
    for kind in open_run.differential.kinds:
        assert {" ".join(line.split()) for line in kind.line.splitlines()} <= lines
        assert kind.examples
    assert "of what the same training gains without it" in " ".join(text.split())
    probed = terminal.render([with_probe(open_run)], VERBOSE)
    assert "       def step(self, action):" in probed
    # As it is written, for its indentation counts.
    rows = [row[7:] for row in probed.splitlines()]
    code = with_probe(open_run).differential.experiment.line.splitlines()
    assert any(rows[at : at + len(code)] == code for at in range(len(rows)))
    assert "6 of 6 with one of the second, 7 of 8 without a fault" in " ".join(probed.split())


def test_the_document_is_that_of_the_schema(open_run: Diagnosis) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    report = json.loads(render([open_run, closed(open_run), with_probe(open_run)], "json"))
    jsonschema.validate(report, json_schema())
    told, other, probed = report["runs"]
    assert probed["differential"]["experiment"]["counts"][0] == {
        "kind": "observations",
        "learned": 3,
        "trainings": 16,
    }
    assert other["differential"] is None
    kinds = told["differential"]["kinds"]
    assert [kind["share"] for kind in kinds] == sorted((kind["share"] for kind in kinds), reverse=True)
    assert 0 < sum(kind["share"] for kind in kinds) < 1


@pytest.mark.parametrize("name", ["markdown", "html"])
def test_the_pages_say_it(name: str, open_run: Diagnosis) -> None:
    text = render([open_run], name)
    assert "Left open" in text
    assert FIRST in text
    assert "Left open" not in render([closed(open_run)], name)
    probed = render([with_probe(open_run)], name)
    assert "3 of 16 with a fault of the first kind" in probed
    assert "def step(self, action):" in probed


def test_the_page_for_an_agent_says_it(open_run: Diagnosis) -> None:
    assert FIRST in render([open_run], "agent")
    assert "6 of 6 with one of the second, 7 of 8 without a fault" in render([with_probe(open_run)], "agent")
