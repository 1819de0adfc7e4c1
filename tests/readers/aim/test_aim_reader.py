"""The Aim reader on healthy repositories: what it finds, and that it leaves them alone."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from aim_repos import codes, entries, named, open_run, read, tree_hash, write_run

from rldoctor.errors import ReadError
from rldoctor.readers.aim import AimReader


def test_claims_a_directory_that_holds_a_repository(project: Path) -> None:
    assert AimReader().claims(project, entries(project)) == [".aim"]


def test_claims_the_repository_folder_itself(project: Path) -> None:
    repo = project / ".aim"
    assert AimReader().claims(repo, entries(repo)) == [".aim"]
    assert len(AimReader().read(repo, [".aim"])) == 2


def test_does_not_claim_other_directories(tmp_path: Path) -> None:
    (tmp_path / ".aim").mkdir()
    (tmp_path / "events.out.tfevents.1").touch()
    assert AimReader().claims(tmp_path, [".aim", "events.out.tfevents.1"]) == []


def test_reads_every_run_of_a_repository_that_aim_itself_shows_as_empty(project: Path) -> None:
    from aim import Repo

    runs = read(project)
    assert list(Repo(str(project)).iter_runs()) == []
    assert [named(runs, name).id for name in ("first", "second")] == [run.id for run in runs]
    assert all(run.format == "aim" and len(run.id) == 8 and run.files == [".aim"] for run in runs)


def test_one_series_per_metric_and_context_sorted_by_step(project: Path) -> None:
    run = named(read(project), "first")
    found = {(series.tag, series.context.get("subset", "")): series for series in run.series}
    assert set(found) == {("loss", "eval"), ("loss", "train"), ("reward", ""), ("__system__cpu", "")}
    train = found["loss", "train"]
    np.testing.assert_array_equal(train.steps, np.arange(40) * 100.0)
    np.testing.assert_array_equal(train.values, np.arange(40) * 0.5)
    np.testing.assert_array_equal(found["loss", "eval"].values, np.arange(40) * -0.5)
    assert train.wall is not None
    assert abs(train.wall[0] - train.wall[1]) < 60
    assert train.wall[0] > 1.7e9


def test_keeps_logged_nan(project: Path) -> None:
    reward = next(series for series in named(read(project), "first").series if series.tag == "reward")
    assert np.isnan(reward.values[-1])
    assert reward.steps[-1] == 4000
    assert np.isfinite(reward.values[:-1]).all()


def test_the_last_value_of_a_step_wins(blank: Path) -> None:
    run = open_run(blank)
    for step, value in [(5, 1.0), (5, 2.0), (0, 0.0)]:
        run.track(value, name="x", step=step)
    run.close()
    (only,) = read(blank)[0].series
    assert only.steps.tolist() == [0.0, 5.0]
    assert only.values.tolist() == [0.0, 2.0]


def test_parameters_become_dotted_settings_without_the_environment(project: Path) -> None:
    run = named(read(project), "second")
    settings = {setting.key: setting.value for setting in run.settings}
    assert settings["hparams.learning_rate"] == 3e-4
    assert settings["hparams.net"] == [64, 64]
    assert settings["hparams.optimizer.eps"] == 1e-5
    assert settings["hparams.seed"] == 2
    assert settings["run.experiment"] == "cartpole"
    assert "hunter2" not in repr(run)
    assert "aim-system-params" in codes(run)
    assert {s.source for s in run.settings if s.key.startswith("hparams")} == {"aim:params"}


def test_healthy_runs_have_no_warning(project: Path) -> None:
    assert [note for run in read(project) for note in run.notes if note.level == "warning"] == []


def test_the_repository_is_not_touched_and_no_copy_stays(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    before = tree_hash(project)
    assert len(read(project)) == 2
    assert tree_hash(project) == before
    assert list(scratch.iterdir()) == []


# The first read imports everything: the other user may have no access to the interpreter's own files.
READ_AS_NOBODY = """
import os, sys
from pathlib import Path
from rldoctor.readers.aim import AimReader
AimReader().read(Path(sys.argv[1]), [".aim"])
if os.getuid() == 0:
    os.setuid(65534)
assert not os.access(sys.argv[1] + "/.aim", os.W_OK)
runs = AimReader().read(Path(sys.argv[1]), [".aim"])
print(len(runs), sum(series.steps.size for run in runs for series in run.series))
"""


def test_a_repository_on_read_only_media_is_read(project: Path) -> None:
    import shutil

    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        root = Path(shutil.copytree(project, Path(name, "frozen")))
        for path in [root, *root.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        done = subprocess.run(
            [sys.executable, "-c", READ_AS_NOBODY, str(root)], capture_output=True, text=True
        )
        for path in [root, *root.rglob("*")]:
            path.chmod(0o755)
    assert done.stdout.split() == ["2", "244"], done.stderr


def test_identical_runs_are_noted(blank: Path) -> None:
    first = write_run(blank, "first", points=5)
    write_run(blank, "again", points=5)
    write_run(blank, "other", points=5, offset=1.0)
    runs = read(blank)
    assert "aim-duplicate-run" not in codes(named(runs, "first"))
    assert "aim-duplicate-run" not in codes(named(runs, "other"))
    note = next(note for note in named(runs, "again").notes if note.code == "aim-duplicate-run")
    assert first in note.text


@pytest.mark.parametrize(("version", "text"), [("2.0", "2.0"), ("0.9", "0.9"), ("soon", "VERSION")])
def test_other_formats_are_refused_with_the_version(project: Path, version: str, text: str) -> None:
    (project / ".aim" / "VERSION").write_text(version)
    with pytest.raises(ReadError, match=text):
        read(project)


def test_an_older_minor_format_is_upgraded_in_the_copy_only(project: Path) -> None:
    (project / ".aim" / "VERSION").write_text("1.2\n")
    before = tree_hash(project)
    assert len(named(read(project), "first").series) == 4
    assert tree_hash(project) == before


def test_a_newer_minor_format_is_read_with_a_warning(project: Path) -> None:
    (project / ".aim" / "VERSION").write_text("1.99\n")
    run = named(read(project), "first")
    assert len(run.series) == 4
    assert "aim-newer-format" in codes(run)


def test_a_repository_without_runs_says_so(tmp_path: Path) -> None:
    pytest.importorskip("aim")
    (tmp_path / ".aim").mkdir()
    (tmp_path / ".aim" / "VERSION").write_text("1.3\n")
    with pytest.raises(ReadError, match="without runs") as caught:
        read(tmp_path)
    assert caught.value.hint


def test_an_aim_2_repository_says_how_to_convert_it(tmp_path: Path) -> None:
    pytest.importorskip("aim")
    (tmp_path / ".aim" / "meta").mkdir(parents=True)
    with pytest.raises(ReadError, match="Aim 2") as caught:
        read(tmp_path)
    assert "2to3" in caught.value.hint


WITHOUT_AIM = """
import sys
sys.modules["aim"] = None
from pathlib import Path
from rldoctor.errors import MissingExtraError
from rldoctor.readers.aim import AimReader
assert AimReader().claims(Path(sys.argv[1]), [".aim"]) == [".aim"]
try:
    AimReader().read(Path(sys.argv[1]), [".aim"])
except MissingExtraError as error:
    print(error.hint)
"""


def test_without_the_package_the_install_line_is_given(tmp_path: Path) -> None:
    (tmp_path / ".aim").mkdir()
    (tmp_path / ".aim" / "VERSION").write_text("1.3\n")
    done = subprocess.run([sys.executable, "-c", WITHOUT_AIM, str(tmp_path)], capture_output=True, text=True)
    assert done.stdout.strip() == 'pip install "rl-training-doctor[aim]"', done.stderr


def test_discovery_finds_the_runs_under_the_project_and_under_the_repository(project: Path) -> None:
    from rldoctor.readers.discover import find_runs

    ids = {run.id for run in read(project)}
    assert {run.id for run in find_runs(project)} == ids
    assert {run.id for run in find_runs(project / ".aim")} == ids
    assert {run.id for run in find_runs(project.parent)} == {f"project/{short}" for short in ids}
