"""One PPO training, logged at once in nine ways (``write_equality.py``): the diagnosis is the same."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tracker_files import codes, named, series, unpacked

from rldoctor import diagnose, load
from rldoctor.readers.discover import find_runs

FILES = ("tensorboard", "csv", "json", "console")
TRACKERS = ("wandb", "mlruns", "mlflow.db", "trackio", "aim")
# Half of the training, one rollout after the learning rate jumped: the first row that it can be seen in.
ONSET = 31 * 256


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked("equality", tmp_path_factory.mktemp("equality"))


def found(path: Path) -> tuple[object, ...]:
    """Verdict, and code, severity and onset of every root."""
    (run,) = load(path)
    diagnosis = diagnose(run)
    roots = [(root.finding.code, int(root.severity), root.finding.onset) for root in diagnosis.roots]
    return str(diagnosis.verdict), roots


@pytest.mark.parametrize("way", [*FILES, *TRACKERS])
def test_verdict_roots_and_onset_are_the_same(way: str, logged: Path) -> None:
    if way == "aim":
        pytest.importorskip("aim")
    verdict, roots = found(logged / way)
    assert verdict == "critical"
    assert [(code, severity) for code, severity, _ in roots] == [("POL-02", 4), ("CFG-06", 2), ("CFG-03", 1)]
    assert roots[0][2] == ONSET
    assert (verdict, roots) == found(logged / "csv")


@pytest.mark.parametrize("way", TRACKERS[:-1])
def test_every_number_is_that_of_the_table(way: str, logged: Path) -> None:
    (table,), (run,) = find_runs(logged / "csv"), find_runs(logged / way)
    assert table.tags() <= run.tags()
    for part in table.series:
        # The table has the shortest text of a 32-bit number, the trackers the number itself.
        np.testing.assert_allclose(series(run, part.tag).values, part.values, rtol=1e-6, err_msg=part.tag)


@pytest.mark.parametrize("way", TRACKERS[:-1])
def test_a_run_that_tensorboard_has_too_is_one_run(way: str, logged: Path, tmp_path: Path) -> None:
    for name in ("tensorboard", way):
        copy = shutil.copytree if (logged / name).is_dir() else shutil.copyfile
        copy(logged / name, tmp_path / name)
    (run,) = find_runs(tmp_path)
    assert run.format.startswith("tensorboard + ")
    assert "time/total_timesteps" in run.tags()
    (note,) = (note for note in run.notes if note.code == "merged-sources")
    assert "has the same curves" in note.text
    assert found(tmp_path) == found(logged / "csv")


def test_a_run_in_two_trackers_and_nowhere_else_is_one_run(logged: Path, tmp_path: Path) -> None:
    shutil.copytree(logged / "wandb", tmp_path / "wandb")
    shutil.copyfile(logged / "mlflow.db", tmp_path / "mlflow.db")
    (run,) = find_runs(tmp_path)
    assert set(run.format.split(" + ")) == {"mlflow", "wandb"}
    assert "merged-sources" in codes(run)


def test_other_runs_are_not_joined(logged: Path, tmp_path: Path) -> None:
    shutil.copytree(logged / "tensorboard", tmp_path / "tensorboard")
    unpacked("wandb", tmp_path)
    unpacked("mlflow_sqlite", tmp_path)
    runs = find_runs(tmp_path)
    assert len(runs) == 1 + 3 + 3
    assert named(tmp_path, "full").format == "wandb"


def test_no_package_of_a_tracker_is_imported(logged: Path) -> None:
    code = (
        "import sys\n"
        "from rldoctor.readers.discover import find_runs\n"
        f"for way in {TRACKERS[:-1]!r}:\n"
        f"    find_runs({str(logged)!r} + '/' + way)\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "sqlite3" in loaded
    assert not loaded & {"wandb", "mlflow", "trackio", "aim", "google", "sqlalchemy", "pandas", "tensorboard"}
