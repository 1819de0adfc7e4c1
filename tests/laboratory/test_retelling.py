"""A retold run has the numbers of the run itself under other names, and nothing of the library is left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from laboratory.mutants.__main__ import main
from laboratory.retelling.__main__ import main as retell
from rldoctor import load
from rldoctor.api import diagnose
from rldoctor.model.finding import Diagnosis, Severity

ROOT = Path(__file__).parents[2]
STORE = ROOT / "reference_runs" / "planted"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Runs of two tasks as trained, retold, and retold with what the shortest script logs."""
    out, full, bare = (tmp_path_factory.mktemp(name) for name in ("out", "full", "bare"))
    chosen = ("--only", "ppo-cartpole/healthy", "--only", "sac-pendulum/healthy")
    assert main(["unpack", "--out", str(out), "--from", str(STORE), *chosen]) == 0
    assert retell(["--out", str(out), "--into", str(full)]) == 0
    assert retell(["--out", str(out), "--into", str(bare), "--bare"]) == 0
    return out, full, bare


def _keys(out: Path) -> list[str]:
    return [path.stem for path in (out / "labels").glob("r????????.json")]


def test_the_numbers_are_those_of_the_run(folders: tuple[Path, Path, Path]) -> None:
    out, full, _ = folders
    keys = _keys(out)
    assert len(keys) >= 4
    for key in keys:
        told, own = load(full / key)[0], load(out / key)[0]
        assert (told.framework, own.framework) == ("generic", "stable_baselines3")
        assert not told.metrics.unmapped
        names = {"policy_loss", "learning_rate"} | ({"entropy"} & set(own.metrics.series))
        for name in names:
            assert told.metrics[name].values == pytest.approx(own.metrics[name].values, rel=1e-6), (key, name)


def test_what_is_left_of_the_configuration(folders: tuple[Path, Path, Path]) -> None:
    out, full, bare = folders
    for key in _keys(out):
        told = json.loads((full / key / "args.json").read_text(encoding="utf-8"))
        assert told["env"] in {"CartPole-v1", "Pendulum-v1"}
        assert not (bare / key / "args.json").exists()
        assert load(bare / key)[0].env == ""
    labels = {path.name for path in (out / "labels").iterdir()}
    assert {path.name for path in (full / "labels").iterdir()} == labels


def test_no_healthy_run_is_accused_for_its_logger(tmp_path: Path) -> None:
    """Healthy runs that were: seven rows that rise, a mean over most of the run, a rate since the start."""
    out, into = tmp_path / "out", tmp_path / "into"
    tasks = ("a2c-double", "ppo-lunar", "tqc-double", "td3-lander", "ppo-swimmer")
    chosen = [part for task in tasks for part in ("--only", f"{task}/healthy")]
    main(["unpack", "--out", str(out), "--from", str(STORE), *chosen])
    retell(["--out", str(out), "--into", str(into)])
    found = {key: diagnose(load(into / key)[0]) for key in _keys(out)}
    assert len(found) >= 10
    accused = {key: one.roots[0].finding.code for key, one in found.items() if _told(one)}
    assert accused == {}


def _told(diagnosis: Diagnosis) -> bool:
    return any(root.severity >= Severity.WARNING for root in diagnosis.roots)
