"""The gate through the command line: baseline, waivers, per-path settings and seeds, on bundled runs."""

import json
import shutil
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from every import every

import rldoctor
from rldoctor import cli

ROOT = Path(rldoctor.__file__).parents[1]
SICK = ROOT / "reference_runs" / "faulty" / "reward-exp-sharp" / "ppo-Reacher-v5-exp-0"
OTHER = SICK.with_name("ppo-Reacher-v5-exp-1")
HEALTHY = ROOT / "reference_runs" / "healthy" / "ppo-Reacher-v5-exp-0"
FEW = ["--select", "REW-03,POL-01,NUM-01"]
WAIVER = """
[[waivers]]
code = "REW-03"
path = "runs/*"
reason = "the exponent is annealed later"
expires = {day}
"""

pytestmark = pytest.mark.skipif(not SICK.is_dir(), reason="no bundled reference runs beside the package")


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    """A working directory with two sick seeds and a healthy run under other settings."""
    monkeypatch.chdir(tmp_path)
    for name, source in (("s0", SICK), ("s1", OTHER), ("ok", HEALTHY)):
        shutil.copytree(source, tmp_path / "runs" / name)


@pytest.fixture
def call(capsys):
    def run(*arguments):
        code = cli.run(["analyze", *map(str, arguments), *FEW, "-f", "github"])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return run


def settings(text):
    Path("rldoctor.toml").write_text(text)


def test_writing_a_baseline_makes_everything_known_wherever_the_runs_are(call, tmp_path, monkeypatch):
    code, _, err = call("runs", "--write-baseline", "ci/base.json")
    assert code == 0
    assert "wrote ci/base.json" in err
    baseline = json.loads(Path("ci/base.json").read_text())
    schema = json.loads(resources.files("rldoctor.gate").joinpath("baseline_schema.json").read_text())
    jsonschema.validate(baseline, schema)
    assert {one["path"]: one["findings"] for one in baseline["runs"]}["runs/s0"] == {"REW-03": "critical"}
    assert str(tmp_path) not in Path("ci/base.json").read_text()
    (tmp_path / "deep").mkdir()
    shutil.move(tmp_path / "runs", tmp_path / "deep" / "moved")
    monkeypatch.chdir(tmp_path / "deep")
    code, _, err = call("moved", "--baseline", "../ci/base.json")
    assert code == 0
    assert "gate: 0 findings fail (of 2: 2 known)" in err
    assert "not counted: REW-03 in s0: known: critical in the baseline" in err


def test_a_new_finding_and_a_new_run_fail_against_a_baseline(call):
    assert call("runs/s0", "runs/ok", "--write-baseline", "base.json")[0] == 0
    code, _, err = call("runs", "--baseline", "base.json")
    assert code == 1
    assert "fails: REW-03 (critical) in s1: new: the baseline has no such run" in err
    data = json.loads(Path("base.json").read_text())
    for one in data["runs"]:
        one["findings"] = {"NUM-01": "error"} if one["path"].endswith("s0") else {}
    Path("base.json").write_text(json.dumps(data))
    code, _, err = call("runs/s0", "--baseline", "base.json")
    assert code == 1
    assert "fails: REW-03 (critical) in s0: new: not in the baseline" in err
    assert "note: in the baseline and no longer found in s0: NUM-01" in err


def test_a_baseline_is_compared_with_and_written_in_one_call(call):
    Path("old.json").write_text('{"schema": 1, "runs": []}')
    code, _, _ = call("runs/s0", "--baseline", "old.json", "--write-baseline", "new.json")
    assert code == 1
    assert call("runs/s0", "--baseline", "new.json")[0] == 0


def test_a_baseline_is_not_written_when_a_path_has_no_run(call):
    code, _, err = call("runs/s0", "nowhere", "--write-baseline", "base.json")
    assert code == 2
    assert "base.json was not written" in err
    assert not Path("base.json").exists()


@every(
    ("text", "says"),
    [
        (None, "No such file"),
        ("{", "is not a baseline file"),
        ("[]", "expected 'schema' and 'runs'"),
        ('{"schema": 2, "runs": []}', "schema 2 is not known"),
        ('{"schema": 1, "runs": [{}]}', "runs[0]: expected an object with 'path'"),
        ('{"schema": 1, "runs": [{"path": "a", "findings": []}]}', "must be an object of rule codes"),
        ('{"schema": 1, "runs": [{"path": "a", "findings": {"A": "bad"}}]}', "unknown severity 'bad'"),
        ('{"schema": 1, "runs": [{"path": "a", "seed": "x", "findings": {}}]}', "'seed' must be"),
    ],
)
def test_a_damaged_baseline_is_one_clear_error(call, text, says):
    if text is not None:
        Path("base.json").write_text(text)
    code, out, err = call("runs/s0", "--baseline", "base.json")
    assert (code, out) == (2, "")
    assert err.startswith("error: --baseline base.json")
    assert says in err


def test_a_waiver_holds_until_its_day_and_then_fails_and_says_so(call):
    settings(WAIVER.format(day="2999-12-31"))
    code, _, err = call("runs/s0")
    assert code == 0
    assert "not counted: REW-03 in ppo-Reacher" not in err
    assert "known:" not in err
    assert "REW-03 (critical) in s0: waived until 2999-12-31: the exponent is annealed later" in err
    settings(WAIVER.format(day="2020-01-31"))
    code, _, err = call("runs/s0")
    assert code == 1
    assert "the waiver of REW-03 for runs/* expired on 2020-01-31" in err


def test_an_unused_waiver_is_noted_and_a_waived_finding_is_not_in_the_baseline(call):
    settings(WAIVER.format(day='"2999-12-31"') + WAIVER.format(day="2999-01-01").replace("runs/*", "old/*"))
    code, _, err = call("runs/s0", "--write-baseline", "base.json")
    assert code == 0
    assert "note: the waiver of REW-03 for old/* is not used: no run of this call has that path" in err
    assert json.loads(Path("base.json").read_text())["runs"][0]["findings"] == {}


def test_settings_of_a_path_hold_there_and_the_command_line_wins(call):
    settings('[[per-path]]\npath = "runs/s0"\nfail-on = "never"\n')
    assert call("runs/s0")[0] == 0
    assert call("runs/s1")[0] == 1
    assert call("runs")[0] == 1
    assert call("runs/s0", "--fail-on", "error")[0] == 1


def test_rules_can_be_left_out_and_thresholds_changed_for_a_path(call):
    settings(
        'ignore = ["NUM-01"]\n[[per-path]]\npath = "**/s0"\nignore = ["REW-03"]\n'
        '[[per-path]]\npath = "runs/s1"\n[per-path.thresholds.REW-03]\nsaturated = 0.03\n'
    )
    _, out, err = call("runs", "-f", "json", "-o", "all.json")
    assert "s0%3A REW-03" not in out
    assert "s1%3A REW-03" in out
    assert err == "wrote all.json\n"
    results = {one["id"]: one["results"] for one in json.loads(Path("all.json").read_text())["runs"]}
    codes = {name: {one["code"] for one in each} for name, each in results.items()}
    assert codes == {"s0": {"POL-01"}, "s1": {"POL-01", "REW-03"}, "ok": {"POL-01", "REW-03"}}
    limits = {one["limit"] for each in results["s1"] for one in each["measures"]}
    assert 0.03 in limits
    assert 0.02 not in limits


def test_seeds_are_judged_together(call):
    shutil.copytree("runs/s0", "runs/s2")
    assert call("runs", "--aggregate", "median")[0] == 1
    settings(WAIVER.format(day="2999-12-31").replace("runs/*", "runs/s0"))
    code, _, err = call("runs", "--aggregate", "all")
    assert code == 1
    assert "in 2 of 2 seeds at critical or worse; --aggregate all asks for 2" in err
    assert "note: judged without other seeds: ok" in err


@every(
    ("text", "says"),
    [
        ("waivers = 3", "'waivers': expected an array of tables"),
        ("[[waivers]]\ncode = 'REW-03'", "'path' is required"),
        ("[[waivers]]\ncode = 'REW-03'\npath = '*'\nexpires = 2030-01-01", "'reason' is required"),
        ("[[waivers]]\ncode = 'REW-03'\npath = '*'\nreason = ' '", "'reason' is required"),
        ("[[waivers]]\ncode = 'REW-03'\npath = '*'\nreason = 'x'", "'expires' is required, as a date"),
        (
            "[[waivers]]\ncode = 'REW-03'\npath = '*'\nreason = 'x'\nexpires = 'soon'",
            "'waivers' 1: 'expires' is required, as a date; got 'soon'",
        ),
        ("[[waivers]]\nrule = 'REW-03'", "unknown key 'rule'"),
        (WAIVER.format(day="2999-01-01").replace("REW-03", "REW-99"), "no rule has this code"),
        ("[[per-path]]\nfail-on = 'never'", "'path' is required"),
        ("[[per-path]]\npath = 'a'\nfail-on = 'eror'", "did you mean 'error'"),
        ("[[per-path]]\npath = 'a'\nmin-coverage = 2", "between 0 and 1"),
        ("[[per-path]]\npath = 'a'\nformat = 'html'", "'per-path' 1: unknown key 'format'"),
        (
            "[[per-path]]\npath = 'a'\nignore = ['REW-99']",
            "per-path 'a': no rule, area or prefix is called 'REW-99'",
        ),
        ("[[per-path]]\npath = 'a'\n[per-path.thresholds.REW-03]\nx = 1", "no threshold 'x'"),
        ("aggregate = 'mean'", "--aggregate: unknown value 'mean'"),
        ("given = 'x'", "unknown key 'given'"),
    ],
)
def test_mistakes_in_the_settings_are_found_before_any_run_is_read(call, text, says):
    settings(text)
    code, out, err = call("nowhere")
    assert (code, out) == (2, "")
    assert says in err
    assert "nowhere" not in err
