"""Planted runs as data: what is packed comes back byte for byte, and nothing else reads the archives."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import tomllib
from pathlib import Path

import pytest

from laboratory.mutants.__main__ import main
from laboratory.mutants.outcome import judged
from laboratory.mutants.packing import archive, pack, read_archive, unpack

ROOT = Path(__file__).parents[2]
STORE = ROOT / "reference_runs" / "planted"
EVENT = "events.out.tfevents.1795905667.some-host.8264.0"


def _run(out: Path, key: str, task: str, fault: str, evaluation: float) -> None:
    """A finished run as the trainer leaves it."""
    (out / key / "PPO_1").mkdir(parents=True)
    (out / key / "progress.csv").write_text("time/total_timesteps,train/loss\n2048,0.5\n", encoding="utf-8")
    (out / key / "PPO_1" / EVENT).write_bytes(bytes(range(256)))
    ends = [None] * 9 + [[evaluation, 10.0, 5]]
    label = {
        "folder": key,
        "task": task,
        "env": "CartPole-v1",
        "fault": fault,
        "seed": 0,
        "stopped": "",
        "evaluation": {"mean": evaluation},
        "training_returns": ends,
    }
    (out / "labels").mkdir(exist_ok=True)
    (out / "labels" / f"{key}.json").write_text(json.dumps(label), encoding="utf-8")


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """Two tasks, four finished runs, one that still trains and one score."""
    out = tmp_path / "runs"
    _run(out, "r00000001", "ppo-cartpole", "healthy", 400.0)
    _run(out, "r00000002", "ppo-cartpole", "healthy", 420.0)
    _run(out, "r00000003", "ppo-cartpole", "gae-gamma-0.3", 30.0)
    _run(out, "r00000004", "ppo-other", "healthy", 1.0)
    (out / "r00000005").mkdir()
    (out / "r00000005" / "progress.csv").write_text("a\n", encoding="utf-8")
    (out / "scores" / "x").mkdir(parents=True)
    (out / "labels" / "random_returns.json").write_text('{"CartPole-v1": 22.0}', encoding="utf-8")
    return out


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_what_is_packed_comes_back_and_is_judged_as_before(trained: Path, tmp_path: Path) -> None:
    assert "4 runs" in pack(trained, tmp_path / "store").splitlines()[-1]
    unpack(tmp_path / "store", tmp_path / "again")
    back = tmp_path / "again"
    for key in ("r00000001", "r00000002", "r00000003", "r00000004"):
        for name in (f"{key}/progress.csv", f"labels/{key}.json"):
            assert (back / name).read_bytes() == (trained / name).read_bytes()
        (event,) = (back / key / "PPO_1").iterdir()
        assert event.read_bytes() == bytes(range(256))
        assert event.name == "events.out.tfevents.1795905667.planted.0"
    assert not (back / "r00000005").exists()
    assert judged(back) == judged(trained)
    assert {label["folder"]: label["outcome"] for label in judged(back)}["r00000003"] == "harmful"


def test_the_same_runs_make_the_same_bytes(trained: Path, tmp_path: Path) -> None:
    pack(trained, tmp_path / "one")
    unpack(tmp_path / "one", tmp_path / "again")
    pack(tmp_path / "again", tmp_path / "two")
    assert _digests(tmp_path / "one") == _digests(tmp_path / "two")


def test_a_run_that_is_gone_stays_in_its_archive(trained: Path, tmp_path: Path) -> None:
    pack(trained, tmp_path / "store")
    fewer = tmp_path / "fewer"
    _run(fewer, "r00000003", "ppo-cartpole", "gae-gamma-0.3", 31.0)
    pack(fewer, tmp_path / "store")
    files = read_archive(tmp_path / "store" / "ppo-cartpole.tar.xz")
    assert {name for name in files if name.startswith("labels/")} == {
        "labels/r00000001.json",
        "labels/r00000002.json",
        "labels/r00000003.json",
    }
    assert json.loads(files["labels/r00000003.json"])["evaluation"]["mean"] == 31.0
    assert json.loads((tmp_path / "store" / "random_returns.json").read_text()) == {"CartPole-v1": 22.0}


def test_some_runs_can_be_asked_for_and_a_finished_one_is_left_alone(trained: Path, tmp_path: Path) -> None:
    store, out = tmp_path / "store", tmp_path / "some"
    assert main(["pack", "--out", str(trained), "--into", str(store)]) == 0
    assert main(["unpack", "--from", str(store), "--out", str(out), "--only", "cartpole/healthy"]) == 0
    assert sorted(path.name for path in out.glob("r*")) == ["r00000001", "r00000002"]
    (out / "r00000001" / "progress.csv").write_text("mine\n", encoding="utf-8")
    assert main(["unpack", "--from", str(store), "--out", str(out)]) == 0
    assert len(list(out.glob("r*"))) == 4
    assert (out / "r00000001" / "progress.csv").read_text(encoding="utf-8") == "mine\n"


def test_an_archive_that_would_write_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "bad.tar.xz").write_bytes(archive({"../outside": b"x"}))
    with pytest.raises(ValueError, match="no plain file inside"):
        unpack(tmp_path / "store", tmp_path / "out")
    link = tarfile.TarInfo("labels/r00000001.json")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz") as tar:
        tar.addfile(link)
    (tmp_path / "store" / "bad.tar.xz").write_bytes(buffer.getvalue())
    with pytest.raises(ValueError, match="no plain file inside"):
        unpack(tmp_path / "store", tmp_path / "out")


# ------------------------------------------------------------------------------------ the bundled archives


bundled = pytest.mark.skipif(not STORE.is_dir(), reason="needs the planted runs")


@bundled
def test_the_bundled_archives_are_small_and_hold_finished_runs_of_the_tables() -> None:
    tables = pytest.importorskip("laboratory.mutants.table")
    known = json.loads((STORE / "random_returns.json").read_text(encoding="utf-8"))
    runs = size = 0
    for path in sorted(STORE.glob("*.tar.xz")):
        files = read_archive(path)
        labels = [json.loads(data) for name, data in files.items() if name.startswith("labels/")]
        keys = {label["folder"] for label in labels}
        assert {label["task"] for label in labels} == {path.name.removesuffix(".tar.xz")}
        assert {label["fault"] for label in labels} - {*tables.faults(), "healthy"} == set()
        assert {name.split("/")[0] for name in files} == {"labels", *keys}
        assert {label["env"] for label in labels} <= set(known)
        runs, size = runs + len(labels), size + path.stat().st_size
    assert runs >= 150
    assert size / runs <= 12_000


@bundled
def test_no_wheel_and_no_walk_over_the_collection_meets_them() -> None:
    from laboratory.validation.collect import LABEL
    from rldoctor import load
    from rldoctor.errors import ReadError

    built = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    taken = [Path(name) for name in built["targets"]["wheel"]["force-include"]]
    assert all(not Path("reference_runs/planted").is_relative_to(name) for name in taken)
    assert not any("planted" in str(name) for name in taken)
    assert "reference_runs" not in built["targets"]["sdist"]["include"]
    assert list(STORE.rglob(LABEL)) == []
    with pytest.raises(ReadError, match="no training run found"):
        load(STORE)
