"""URLs read like folders: a local web server, an archive, fsspec's memory, and what is missing."""

import shutil
import subprocess
import sys
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from every import every
from tensorboardX import SummaryWriter

from rldoctor.errors import MissingExtraError, ReadError
from rldoctor.loading import load
from rldoctor.readers.remote.fetching import Counts, Remote, fetch, place
from rldoctor.readers.remote.url import above, below, is_url, shown

fsspec = pytest.importorskip("fsspec", reason="needs fsspec: pip install 'rl-training-doctor[remote]'")


@every(
    ("text", "right"),
    [
        ("s3://bucket/run", True),
        ("zip://a::s3://bucket/x.zip", True),
        ("hf://datasets/me/logs", True),
        ("runs/a", False),
        ("C:\\runs\\a", False),
        ("C://runs", False),
        ("./a://b", False),
    ],
)
def test_what_is_a_url(text, right):
    assert is_url(text) is right


def test_what_is_shown_of_a_url():
    assert shown("sftp://me:pass@host/a b") == "sftp://host/a b"
    assert shown("https://h/x.csv?X-Amz-Signature=abc&e=1") == "https://h/x.csv"
    assert shown("zip://a::https://u:p@h/x.zip?token=1") == "zip://a::https://h/x.zip"
    assert below("zip://a::s3://b/x.zip", "/c.csv") == "zip://a/c.csv::s3://b/x.zip"
    assert below("zip://::s3://b/x.zip", "/c.csv") == "zip://c.csv::s3://b/x.zip"
    assert above("s3://b/run/progress.csv") == "s3://b/run"


def checked(url, folder):
    """The one run under a URL, which must be the run of the folder."""
    (run,) = load(url)
    (local,) = load(folder)
    assert run.metrics["episode_return"].values.tolist() == local.metrics["episode_return"].values.tolist()
    assert run.config.number("gamma") == 0.97
    assert (run.framework, run.id) == (local.framework, local.id)
    assert "/PPO_1" in str(run.path)
    (note,) = [note.text for note in run.notes if note.code == "remote"]
    return run, note


def test_an_archive(run_dir, tmp_path):
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(run_dir.rglob("*")):
            file.write(path, path.relative_to(tmp_path))
    run, note = checked(f"zip://exp::{archive}", run_dir)
    assert str(run.path) == f"zip://exp/PPO_1::{archive}"
    assert "2 of 4 files were needed" in note


def test_memory_and_a_second_time(run_dir):
    system = fsspec.filesystem("memory")
    for path in run_dir.rglob("*"):
        if path.is_file():
            system.pipe_file(f"/seen/{path.relative_to(run_dir.parent)}", path.read_bytes())
    _, note = checked("memory://seen/exp", run_dir)
    assert "2 of 4 files were needed" in note
    # What has changed there is fetched again.
    system.pipe_file("/seen/exp/PPO_1/config.yaml", b"gamma: 0.9\n")
    (again,) = load("memory://seen/exp")
    assert again.config.number("gamma") == 0.9
    # A single file has its configuration beside it.
    (single,) = load("memory://seen/exp/PPO_1/progress.csv")
    assert single.config.number("gamma") == 0.9


@pytest.fixture
def server(run_dir):
    """A web server for the folder; the requests it answered."""
    asked = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format, *arguments):
            if self.command == "GET":
                asked.append(self.path)

    web = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(run_dir.parent)))
    threading.Thread(target=web.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{web.server_port}", asked
    web.shutdown()
    web.server_close()


def test_a_web_server(server, run_dir):
    pytest.importorskip("aiohttp", reason="needs aiohttp, fsspec's package for http")
    url, asked = server
    run, note = checked(f"{url}/exp/", run_dir)
    assert str(run.path) == f"{url}/exp/PPO_1"
    assert "2 of 4 files were needed" in note
    assert "/exp/PPO_1/progress.csv" in asked
    assert not [path for path in asked if path.endswith(".pth")], "weights were fetched"
    (single,) = load(f"{url}/exp/PPO_1/progress.csv")
    assert len(single.metrics["episode_return"]) == 12
    with pytest.raises(ReadError, match="cannot be listed") as caught:
        load(f"{url.replace('//', '//me:hush@')}/none")
    assert "hush" not in str(caught.value) + caught.value.hint


@every(
    ("url", "package"),
    [("gs://bucket/run", "gcsfs"), ("sftp://me:hush@host/run", "paramiko"), ("abfs://box/run", "adlfs")],
)
def test_a_missing_package_is_named_without_credentials(url, package):
    if package == "paramiko":
        pytest.importorskip("fsspec")
    try:
        __import__(package)
    except ImportError:
        with pytest.raises(MissingExtraError) as caught:
            load(url)
        assert package in caught.value.hint
        assert "hush" not in str(caught.value)


def test_without_fsspec_it_says_what_to_install(tmp_path):
    code = (
        "import sys; sys.modules['fsspec'] = None\n"
        "from rldoctor.loading import load\n"
        "from rldoctor.errors import MissingExtraError\n"
        "try:\n    load('s3://bucket/run')\n"
        "except MissingExtraError as error:\n    print(error, '|', error.hint)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "needs fsspec" in done.stdout
    assert "rl-training-doctor[remote]" in done.stdout


def test_no_url_no_fsspec(run_dir):
    code = (
        "import sys\nfrom rldoctor.loading import load\n"
        f"load({str(run_dir)!r})\n"
        "print('fsspec' in sys.modules, 'rldoctor.readers.remote.fetching' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


class Broken:
    """A file system whose server has gone."""

    def get_file(self, name, target):
        raise ConnectionResetError(f"{name}: secret host")


def test_a_file_that_cannot_be_fetched_is_an_error_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "x" / "progress.csv"
    place(path, Remote(Broken(), "a/progress.csv", 100, "", Counts(), []), 1_700_000_000.0)
    assert path.stat().st_size == 100
    assert path.stat().st_mtime == 1_700_000_000.0
    with pytest.raises(OSError, match="cannot be fetched: ConnectionResetError"):
        path.read_bytes()
    with pytest.raises(OSError, match="cannot be fetched"):
        fetch(str(path))


@every("name", ["../../etc/x", "a/../../x", "..", "a\\b"])
def test_names_that_would_leave_the_folder_are_left_out(name):
    from rldoctor.readers.remote.copy import _harmless

    assert _harmless(name) == ""


def test_databases_binary_logs_and_folders_of_tables(tmp_path, monkeypatch):
    """Every reader opens its files in its own way; through a URL each finds the same runs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    fixtures = Path(__file__).parents[1] / "trackers" / "fixtures"
    home = tmp_path / "all"
    for name in ("mlflow_sqlite", "trackio", "wandb", "mlflow_files"):
        with zipfile.ZipFile(fixtures / f"{name}.zip") as archive:
            archive.extractall(home / name)
    shutil.copytree(fixtures.parents[1] / "written" / "torchrl", home / "torchrl")
    with SummaryWriter(str(home / "board")) as writer:
        for step in range(20):
            writer.add_scalar("rollout/ep_rew_mean", step, step * 100)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in home.rglob("*"):
            if path.is_file():
                archive.write(path, path.relative_to(tmp_path))
    local, remote = load(home), load(f"zip://all::{tmp_path / 'all.zip'}")
    assert remote.failures == local.failures == ()
    assert [run.id for run in remote] == [run.id for run in local]
    assert {"torchrl", "board"} < {run.id.partition("/")[0] for run in remote}
    for one, other in zip(local, remote, strict=True):
        assert one.metrics.series.keys() == other.metrics.series.keys()
        for name, series in one.metrics.series.items():
            np.testing.assert_array_equal(series.values, other.metrics.series[name].values)


def test_a_url_cannot_be_watched():
    command = [sys.executable, "-m", "rldoctor", "watch", "--once", "s3://me:hush@bucket/run"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "s3://bucket/run: watch looks at local files" in done.stderr
    assert "hush" not in done.stderr
