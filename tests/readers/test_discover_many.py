"""Many runs: the work per run does not grow with their number, and what is found stays the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rldoctor.readers.discover import find_runs

MONITOR = '#{"t_start": 1700000000.0, "env_id": "Pendulum-v1"}\nr,l,t\n1.0,10,0.1\n2.0,11,0.2\n3.0,12,0.3\n'
# Every look into a directory and every file opened, counted by the interpreter itself.
COUNT = """
import sys
from rldoctor.readers.discover import find_runs
find_runs(sys.argv[1])  # imports done
calls = []
def hook(event, given):
    if event in ("os.listdir", "os.scandir", "open"):
        calls.append(event)
sys.addaudithook(hook)
found = find_runs(sys.argv[1])
print(len(found), len(calls))
"""


def tables(root: Path, count: int) -> Path:
    for number in range(count):
        folder = root / f"seed_{number:03d}"
        folder.mkdir(parents=True)
        (folder / "progress.csv").write_text(f"step,reward\n0,{number}\n100,1\n200,2\n")
    (root / "config.yaml").write_text("gamma: 0.9\n")
    return root


def looks(root: Path, pattern: str = "") -> float:
    """Looks into directories and files per run."""
    command = [sys.executable, "-c", COUNT, str(root / pattern)]
    runs, calls = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return int(calls) / int(runs)


@pytest.mark.parametrize("pattern", ["", "seed_*"], ids=["tree", "glob"])
def test_the_folder_above_is_looked_at_once_for_all_its_runs(tmp_path: Path, pattern: str) -> None:
    few, many = (looks(tables(tmp_path / str(count), count), pattern) for count in (10, 60))
    assert many <= few + 1
    found = find_runs(str(tmp_path / "60" / pattern))
    assert len(found) == 60
    assert all("config-ambiguous" in {note.code for note in run.notes} for run in found)
    assert not any(run.settings for run in found)


def test_a_glob_that_matches_a_folder_and_what_is_in_it_reads_it_once(tmp_path: Path) -> None:
    tables(tmp_path / "runs", 3)
    names = [run.id for run in find_runs(tmp_path / "runs")]
    assert [run.id for run in find_runs(str(tmp_path / "runs" / "**"))] == names
    assert [run.id for run in find_runs(str(tmp_path / "ru*"))] == [f"runs/{name}" for name in names]


def test_a_monitor_alone_in_the_current_folder_is_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # "." is its own parent, and the run was once joined to itself and lost.
    (tmp_path / "monitor.csv").write_text(MONITOR)
    monkeypatch.chdir(tmp_path)
    assert [run.format for run in find_runs(".")] == ["monitor"]


def test_a_lone_table_beside_a_run_joins_it_and_tables_of_one_shape_stay_runs(tmp_path: Path) -> None:
    (tmp_path / "progress.csv").write_text("step,reward\n0,1\n100,2\n")
    for name in ("seed_a.csv", "seed_b.csv"):
        (tmp_path / name).write_text("step,loss\n0,1\n100,2\n")
    (tmp_path / "extra.csv").write_text("step,entropy\n0,1\n100,2\n")
    found = {run.id.rpartition("/")[2]: run for run in find_runs(tmp_path)}
    assert set(found) == {"seed_a.csv", "seed_b.csv", tmp_path.name}
    assert "entropy" in found[tmp_path.name].tags()


def test_reading_event_files_imports_no_rule_and_no_other_reader(tmp_path: Path) -> None:
    writer = pytest.importorskip("tensorboardX").SummaryWriter(str(tmp_path / "run"))
    for step in range(5):
        writer.add_scalar("rollout/ep_rew_mean", float(step), step)
    writer.close()
    code = "import sys, rldoctor; assert len(rldoctor.load(sys.argv[1])) == 1; print(*sys.modules)"
    command = [sys.executable, "-c", code, str(tmp_path)]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    unwanted = (
        "rldoctor.engine",
        "rldoctor.rulebook",
        "rldoctor.language",
        "rldoctor.report",
        "rldoctor.api",
        "rldoctor.model.finding",
        "rldoctor.readers.tabular.table",
        "rldoctor.readers.aim.sdk",
        "rldoctor.readers.config_files.read",
        "importlib.metadata",
        "tensorboard",
        "csv",
        "zipfile",
    )
    assert [name for name in unwanted if name in loaded] == []
