"""Analysis through joblib: its own processes, a real local Dask cluster, a real local Ray."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rldoctor.cli import run

RUNS = Path(__file__).parents[2] / "reference_runs" / "healthy"
NAMES = ("ppo-Pendulum-v1-0", "a2c-CartPole-v1-0", "dqn-CartPole-v1-0")
PACKAGES = {"loky": "joblib", "dask": "distributed", "ray": "ray"}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("cluster") / "runs"
    for name in NAMES:
        shutil.copytree(RUNS / name, root / name)
    return root


def analyzed(tree: Path, out: Path, *options: str) -> bytes:
    assert run(["analyze", str(tree), "-f", "json", "-o", str(out), "--fail-on", "never", *options]) == 0
    return out.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("backend", PACKAGES)
def test_a_local_cluster_of_its_own_says_the_same(backend: str, tree: Path, tmp_path: Path) -> None:
    pytest.importorskip("joblib")
    pytest.importorskip(PACKAGES[backend], reason=f"--backend {backend} needs it (ray takes 200 MB)")
    plain = analyzed(tree, tmp_path / "plain.json", "--jobs", "1")
    assert analyzed(tree, tmp_path / f"{backend}.json", "--backend", backend, "--jobs", "2") == plain


@pytest.mark.slow
def test_a_dask_cluster_elsewhere_is_reached_by_its_address(tree: Path, tmp_path: Path) -> None:
    pytest.importorskip("joblib")
    distributed = pytest.importorskip("distributed")
    plain = analyzed(tree, tmp_path / "plain.json", "--jobs", "1")
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        made = analyzed(tree, tmp_path / "dask.json", "--backend", "dask", "--address", address)
    assert made == plain


def test_a_backend_that_is_not_installed_is_named(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "joblib", None)
    assert run(["analyze", str(tree), "--backend", "dask"]) == 2
    assert "pip install 'rl-training-doctor[dask]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--backend", "spark"], "--backend"),
        (["--address", "tcp://x:1"], "--address needs --backend"),
        (["--backend", "dask", "--timeout-per-run", "5"], "--timeout-per-run is for processes"),
    ],
)
def test_what_makes_no_sense_is_refused(
    words: list[str], said: str, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["analyze", str(tree), *words]) == 2
    assert said in capsys.readouterr().err
