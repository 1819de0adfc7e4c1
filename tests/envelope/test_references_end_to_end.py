"""From logs of a real writer to a reference, and from a reference to what `analyze` says."""

import json
from pathlib import Path

import numpy as np
import pytest
from envelope_runs import CRITERIA, rising, write_log

from rldoctor.api import build_reference, diagnose, load
from rldoctor.cli import run as cli
from rldoctor.envelope.store import text_of
from rldoctor.model.finding import Outcome

pytest.importorskip("tensorboardX")

BUNDLED = Path(__file__).parents[2] / "reference_runs"
NOISE = np.random.default_rng(7).normal(0.0, 2.0, 60)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Three good runs of one task, their reference, and runs to hold against it."""
    home = tmp_path_factory.mktemp("references")
    success = np.clip(np.arange(60) / 40, 0.0, 1.0)
    for seed in range(3):
        write_log(home / "good" / f"run-{seed}", rising(60, -100.0, -10.0, seed), success, seed=seed)
    write_log(home / "flat", -100.0 + NOISE, 0.0 * success)
    write_log(home / "scaled", -0.1 + 1e-3 * NOISE, reward_scale=1e-3)
    write_log(home / "elsewhere", -100.0 + NOISE, env_id="Other-v0")
    assert cli(["reference", "build", str(home / "good"), "--name", "mine", "--out", str(home / "made")]) == 0
    return home


def analysis(place, name, *options):
    """The JSON report of one run."""
    out = place / "report.json"
    cli(["analyze", str(place / name), "--fail-on", "never", *options, "-f", "json", "-o", str(out)])
    return json.loads(out.read_text())["runs"][0]


def fired(diagnosis):
    return {one.code: one.finding for one in diagnosis.results if one.outcome is Outcome.FIRED}


def test_a_run_that_learns_nothing_is_behind_every_reference_run(place):
    diagnosis = diagnose(load(place / "flat").runs[0], references=[place / "made"])
    assert "OUT-01" in fired(diagnosis)
    assert fired(diagnosis)["OUT-01"].severity.label == "error"
    # An outcome like OUT-10, which leads to it: it stands in front of no cause.
    assert "OUT-01" not in {root.finding.code for root in diagnosis.roots}


def test_a_good_run_is_not_behind_the_others(place):
    diagnosis = diagnose(load(place / "good" / "run-0").runs[0], references=[place / "made"])
    assert next(one for one in diagnosis.results if one.code == "OUT-01").outcome is Outcome.PASSED


def test_the_report_holds_the_milestones(place):
    found = analysis(place, "flat", "--reference", str(place / "made"))["reference"]
    assert (found["used"], found["name"], found["seeds"], found["basis"]) == (True, "mine", 3, "success_rate")
    # Success is k / 40 at step 1000 (k + 1): 20 % at k = 8, 50 % at 20, 80 % at 32, 95 % at 38.
    assert [one["reference"][0] for one in found["milestones"]] == pytest.approx(
        [9000, 21000, 33000, 39000], abs=1000
    )
    assert [one["run"] for one in found["milestones"]] == [None] * 4


def test_off_and_no_match_say_nothing_on_the_terminal(place, capsys):
    for name, option in (("flat", "off"), ("elsewhere", str(place / "made"))):
        cli(["analyze", str(place / name), "-v", "--fail-on", "never", "--reference", option])
        printed = capsys.readouterr().out
        assert "OUT-01" in printed  # as not measured
        assert "gainst the reference" not in printed
        assert "Reference:" not in printed
    assert "(ppo, Other-v0)" in analysis(place, "elsewhere")["reference"]["reason"]


def test_another_reward_is_named_and_not_compared(place, capsys):
    # A look of 25 lines has no room for it beside a root cause and a remark.
    cli(["analyze", str(place / "scaled"), "-v", "--fail-on", "never", "--reference", str(place / "made")])
    printed = " ".join(capsys.readouterr().out.split())
    assert "not comparable with mine: another task or reward, reward_scale 0.001 against 1." in printed
    found = analysis(place, "scaled", "--reference", str(place / "made"))
    assert not found["reference"]["used"]
    assert next(one for one in found["results"] if one["code"] == "OUT-01")["outcome"] == "not_measured"


def test_the_terminal_shows_both_in_eighty_columns(place, capsys):
    cli(["analyze", str(place / "flat"), "--fail-on", "never", "--reference", str(place / "made")])
    short = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("Reference mine: "))
    assert short.endswith("; this run: not reached")
    cli(["analyze", str(place / "flat"), "-v", "--fail-on", "never", "--reference", str(place / "made")])
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    at = next(
        place for place, line in enumerate(lines) if line.startswith("Against the reference mine (3 runs")
    )
    assert lines[at + 2].split("%")[0].strip() == "20"
    assert lines[at + 3].startswith("   reference")
    assert lines[at + 4].split() == ["this", "run", *["not", "reached"] * 4]
    assert max(map(len, lines)) <= 80


def test_the_page_draws_the_band_and_can_take_it_away(place):
    page = place / "page.html"
    cli(
        [
            "analyze",
            str(place / "flat"),
            "--fail-on",
            "never",
            "--reference",
            str(place / "made"),
            "-o",
            str(page),
        ]
    )
    text = page.read_text(encoding="utf-8")
    data = json.loads(
        text.partition('<script type="application/json" id="data">')[2].partition("</script>")[0]
    )
    bands = [data["bands"][figure["band"]] for figure in data["figures"] if "band" in figure]
    assert bands
    assert len(bands[0]["x"]) == len(bands[0]["low"]) == len(bands[0]["mid"]) == len(bands[0]["high"]) == 64
    # The axis has room for the band, which lies far above this run.
    assert data["figures"][0]["range"][1] > -15
    assert "data-reference checked" in text
    assert "lowest to highest of 3 runs" in text
    assert "run-2" in text


def test_markdown_has_the_table(place, tmp_path):
    target = tmp_path / "report.md"
    cli(
        [
            "analyze",
            str(place / "flat"),
            "--fail-on",
            "never",
            "--reference",
            str(place / "made"),
            "-o",
            str(target),
        ]
    )
    assert "| this run | not reached | not reached | not reached | not reached |" in target.read_text()


def test_the_settings_file_names_references(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rldoctor.toml").write_text(f"reference = {json.dumps(str(place / 'made'))}\n")
    assert analysis(place, "flat")["reference"]["name"] == "mine"


def test_building_writes_nothing_beside_the_runs_and_refuses_a_mixture(place, capsys):
    before = sorted(path for path in (place / "good").rglob("*"))
    runs = [str(place / name) for name in ("good", "elsewhere")]
    assert cli(["reference", "build", *runs, "--name", "x", "--out", str(place / "other")]) == 2
    assert "one algorithm on one task" in capsys.readouterr().err
    assert cli(["reference", "build", *runs, "--out", str(place / "other")]) == 2
    assert "--name NAME or --collection" in capsys.readouterr().err
    assert cli(["reference", "build", *runs, "--collection", "--out", str(place / "other")]) == 0
    assert sorted(path.name for path in (place / "other").iterdir()) == [
        "ppo-Other-v0.json",
        "ppo-Task-v0.json",
    ]
    assert sorted(path for path in (place / "good").rglob("*")) == before


def tasks():
    """The files of the bundled references."""
    return sorted((BUNDLED / "envelopes").glob("*.json"))


@pytest.mark.skipif(not BUNDLED.is_dir(), reason="no bundled reference runs beside the package")
def test_the_bundled_references_are_what_the_command_makes(tmp_path, capsys):
    made = tmp_path / "made"
    command = ["reference", "build", str(BUNDLED / "healthy"), "--collection", "--least", "2"]
    assert cli([*command, "--out", str(made)]) == 0
    again = "rldoctor reference build reference_runs/healthy --collection --least 2 --out <envelopes>"
    assert [path.name for path in tasks()] == sorted(path.name for path in made.iterdir()), f"run: {again}"
    for path in tasks():
        assert close(json.loads(path.read_text()), json.loads((made / path.name).read_text())), (
            path.name,
            again,
        )
        assert path.stat().st_size < 60_000


def close(one, other):
    """Equal, numbers up to the last digit that is kept."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(close(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(close, one, other))
    if isinstance(one, float) or isinstance(other, float):
        return one is not None and other is not None and abs(one - other) <= 0.011 * max(abs(one), abs(other))
    return one == other


@pytest.mark.slow
@pytest.mark.skipif(not BUNDLED.is_dir(), reason="no bundled reference runs beside the package")
def test_no_good_run_is_behind_the_other_seeds_of_its_task(tmp_path):
    """Leave one out: the reference of the others must not accuse it (two are enough here)."""
    groups = {}
    for run in load(BUNDLED / "healthy").runs:
        groups.setdefault((run.framework, run.algorithm, run.env, "exp" in run.path.name), []).append(run)
    judged = 0
    for runs in groups.values():
        for left in runs if len(runs) > 2 else ():
            others = [run for run in runs if run is not left]
            (tmp_path / "one.json").write_text(text_of(build_reference(others, "others")))
            found = diagnose(
                left,
                select=["OUT-01"],
                references=[tmp_path / "one.json"],
                thresholds={"OUT-01": {"seeds": 2}},
            )
            assert found.results[0].outcome is not Outcome.FIRED, (left.path, found.results[0].measures)
            judged += 1
    assert CRITERIA.milestones == (0.2, 0.5, 0.8, 0.95)
    if not judged:
        pytest.skip("no task has three bundled runs")
