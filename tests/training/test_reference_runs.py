"""The bundled runs: every label valid, every file readable, and no fault named that nobody can see."""

import csv
import json
import re
from functools import cache
from pathlib import Path

import pytest
from every import every

from rldoctor.training.faults import FAULTS
from rldoctor.training.observe import observe, observe_events
from rldoctor.yamlio import load_yaml

STORE = Path(__file__).parents[2] / "reference_runs"
LABELS = sorted(STORE.glob("*/**/run.yaml"))
KEYS = {
    "schema", "label", "fault", "shows", "expected", "onset", "algo", "env", "variant", "seed",
    "steps", "stopped", "split", "versions", "command", "observed", "note",
}  # fmt: skip
# 125 healthy and 285 faulty runs, 642 packed ones and the envelopes: 26 MB. Event files of the latest ones
# are left out, as progress.csv holds the same values: a new task costs some 70 kB.
KILOBYTES = 26_500


# A label, five questions to it: parsing YAML is most of the time of this file.
label_in = cache(lambda folder: load_yaml(folder / "run.yaml"))


def library_of(run):
    """ "" for Stable-Baselines3, else the library: the first part of the script's name."""
    script = Path(run["command"].split()[1])
    return "" if script.name == "-m" else script.stem.rsplit("_", 1)[0]


FOLDERS = [path.parent for path in LABELS]


def each(folders):
    return every("folder", folders, ids=lambda folder: folder.relative_to(STORE))


each_run = each(FOLDERS)
each_sb3_run = each(lambda: [folder for folder in FOLDERS if not library_of(label_in(folder))])
each_other_run = each(lambda: [folder for folder in FOLDERS if library_of(label_in(folder))])


def test_the_collection_is_there_and_small():
    assert len(LABELS) >= 20
    assert sum(path.stat().st_size for path in STORE.rglob("*") if path.is_file()) < KILOBYTES * 1000


@each_run
def test_the_label_is_complete_and_agrees_with_its_place(folder):
    run = label_in(folder)
    assert set(run) == KEYS
    assert run["schema"] == 1
    assert run["split"] == ("hold" if run["seed"] % 2 else "tune")
    assert run["shows"] in (True, False) or (run["label"] == "healthy" and run["shows"] is None)
    name = "-".join(
        str(part)
        for part in (library_of(run) or None, run["algo"], run["env"], run["variant"], run["seed"])
        if part is not None
    )
    expected = ["faulty", run["fault"], name] if run["label"] == "faulty" else ["healthy", name]
    assert list(folder.relative_to(STORE).parts) == expected


@each_run
def test_the_label_expects_what_the_registry_says(folder):
    run = label_in(folder)
    if run["label"] == "healthy":
        assert (run["fault"], run["expected"]["roots"], run["onset"]) == (None, [], None)
        return
    fault = FAULTS[run["fault"]]
    assert run["expected"] == {
        "roots": list(fault.roots),
        "cause": fault.cause,
        "symptoms": list(fault.symptoms),
    }
    assert 0 <= run["onset"] <= run["steps"]
    if fault.starts:  # of the planned steps, of which a run that broke did fewer
        assert run["onset"] >= 0.9 * fault.starts * run["steps"], "label made before onsets were recorded"


@each_run
def test_the_command_names_the_run_and_no_folder_of_a_machine(folder):
    run = label_in(folder)
    words = run["command"].split()
    if library_of(run):
        assert words[0] == "python"
        assert (STORE.parent / words[1]).is_file()
        assert words[words.index("--seed") + 1] == str(run["seed"])
    else:
        assert words[:3] == ["python", "-m", "rldoctor.training"]
    assert words[words.index("--env") + 1] == run["env"]
    assert ("--fault" in words) == (run["label"] == "faulty")
    assert words[-2:] == ["--out", "DIR"]


@each_sb3_run
def test_the_log_and_the_config_are_readable_and_agree(folder):
    run = label_in(folder)
    with (folder / "progress.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert len(rows) >= 10
    assert run["observed"] == observe(folder / "progress.csv")
    assert (config["algo"], config["env_id"], config["seed"]) == (run["algo"], run["env"], run["seed"])
    assert (
        0
        < int(rows[-1]["time/total_timesteps"])
        <= run["steps"] + config.get("n_steps", 1) * config["n_envs"]
    )
    text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.[cjy]*"))
    assert not re.search(r"/(tmp|work|home|root)/", text)


@each_sb3_run
def test_the_event_file_holds_the_values_of_the_table(folder):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

    events = sorted(folder.glob("events.out.tfevents.*"))
    if not events:
        pytest.skip("only progress.csv was small enough to keep")
    assert re.fullmatch(r"events\.out\.tfevents\.\d+\.reference\.0", events[0].name)
    logged = {}
    for event in LegacyEventFileLoader(str(events[0])).Load():
        for value in event.summary.value:
            logged.setdefault(value.tag, []).append(value.simple_value)
    with (folder / "progress.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    # Where no episode ends there are no returns, but there is always a loss.
    tag = "rollout/ep_rew_mean" if "rollout/ep_rew_mean" in rows[0] else "train/loss"
    # The table cannot tell a NaN that was logged from a cell that was not.
    finite = [number for number in logged[tag] if number == number]
    written = [number for row in rows if (number := float(row[tag] or "nan")) == number]
    assert written
    assert finite == pytest.approx(written, rel=1e-5, abs=1e-12)


@each_other_run
def test_another_librarys_log_is_its_event_file_and_its_settings(folder):
    run = label_in(folder)
    (event_file,) = folder.rglob("*tfevents*")
    assert re.fullmatch(r"events\.out\.tfevents\.\d+\.reference\.0", event_file.name)
    assert event_file.stat().st_size < 1_000_000
    assert run["observed"] == observe_events(event_file)
    library = library_of(run)
    assert {library, f"{library}_tags"} & set(run["versions"])
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*.yaml")]
    assert len(texts) == (1 if library == "cleanrl" else 3)
    assert not any(re.search(r"/(tmp|work|home|root)/", text) for text in texts)


@each_other_run
def test_another_librarys_log_is_understood(folder):
    from rldoctor.api import load

    run = label_in(folder)
    (read,) = load(folder).runs
    assert read.framework == library_of(run)
    assert read.algorithm == run["algo"]
    assert read.axis == "env_steps"
    assert read.last_step == pytest.approx(run["steps"], rel=0.05)
    assert read.planned_steps == pytest.approx(run["steps"], rel=0.05)
