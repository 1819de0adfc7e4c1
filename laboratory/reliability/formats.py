"""A good log of every format: real files, each in a directory of its own."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from rldoctor.plain_data import dataclass

ROOT = Path(__file__).parents[2]
HEALTHY = ROOT / "reference_runs" / "healthy" / "ppo-Hopper-v5-0"
TRACKERS = ROOT / "tests" / "readers" / "trackers" / "fixtures"


@dataclass(frozen=True, slots=True)
class LogFormat:
    """``make`` puts a good log into an empty directory and returns the file that faults are done to.

    ``checked``: the format itself tells changed bytes (checksums, or a syntax that nearly all of them break).
    ``ends``: it also says where it ends; a log of records that is cut between two of them is whole.
    ``closed``: the beginning of one is never a whole one, whatever else may change unnoticed.
    """

    name: str
    make: Callable[[Path], Path]
    checked: bool = False
    ends: bool = True
    closed: bool = False


def _events(directory: Path) -> Path:
    source = next(HEALTHY.glob("events.*"))
    return Path(shutil.copyfile(source, directory / source.name))


def _csv(directory: Path) -> Path:
    return Path(shutil.copyfile(HEALTHY / "progress.csv", directory / "progress.csv"))


def _rows(count: int = 60) -> list[dict[str, float]]:
    noise = np.random.default_rng(0).normal(size=(count, 2))
    returns = [float(3 * row + noise[row, 0]) for row in range(count)]
    return [
        {"step": 2048.0 * (row + 1), "episode_return": returns[row], "loss": float(noise[row, 1])}
        for row in range(count)
    ]


def _lines(directory: Path) -> Path:
    path = directory / "metrics.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in _rows()), encoding="utf-8")
    return path


def _monitor(directory: Path) -> Path:
    rows = [f"{row['episode_return']:.6f},200,{10.5 * (place + 1):.3f}" for place, row in enumerate(_rows())]
    path = directory / "monitor.csv"
    head = '#{"t_start": 1700000000.0, "env_id": "Hopper-v5"}\nr,l,t\n'
    path.write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def _evaluations(directory: Path) -> Path:
    path = directory / "evaluations.npz"
    rows = _rows()
    returns = np.array([[row["episode_return"]] * 5 for row in rows])
    np.savez(path, timesteps=np.array([row["step"] for row in rows]), results=returns)
    return path


def _console(directory: Path) -> Path:
    path = directory / "output.log"
    form = "step: {step:.0f}, return: {episode_return:.3f}, loss: {loss:.5f}"
    lines = (form.format(**row) for row in _rows())
    path.write_text("starting\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def _document(directory: Path) -> Path:
    path = directory / "trainer_state.json"
    path.write_text(json.dumps({"log_history": _rows()}), encoding="utf-8")
    return path


def _beside(name: str, content: str) -> Callable[[Path], Path]:
    """A configuration beside a good table."""

    def make(directory: Path) -> Path:
        _csv(directory)
        path = directory / name
        path.write_text(content, encoding="utf-8")
        return path

    return make


def _model(directory: Path) -> Path:
    _csv(directory)
    path = directory / "model.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "data", json.dumps({"gamma": 0.99, "n_steps": 2048, "batch_size": 64, "x": [*range(300)]})
        )
        archive.writestr("_stable_baselines3_version", "2.3.2")
    return path


def _tracker(name: str, kinds: tuple[str, ...]) -> Callable[[Path], Path]:
    """A folder as a tracker wrote it; faults are done to the largest file of the given kinds."""

    def make(directory: Path) -> Path:
        with zipfile.ZipFile(TRACKERS / f"{name}.zip") as archive:
            archive.extractall(directory)
        found = [path for path in directory.rglob("*") if path.is_file() and path.name.endswith(kinds)]
        return max(found, key=lambda path: (path.stat().st_size, str(path)))

    return make


CONFIG = {"learning_rate": 3e-4, "gamma": 0.99, "n_steps": 2048, "batch_size": 64, "policy": "MlpPolicy"}
FORMATS = (
    LogFormat("TensorBoard events", _events, checked=True, ends=False),
    LogFormat("W&B binary log", _tracker("wandb", (".wandb",)), checked=True),
    LogFormat("JSON lines", _lines),
    LogFormat("JSON document", _document, closed=True),
    LogFormat("CSV", _csv),
    LogFormat("monitor.csv", _monitor),
    LogFormat("evaluations.npz", _evaluations, checked=True),
    LogFormat("console text", _console),
    LogFormat("MLflow database", _tracker("mlflow_sqlite", (".db",))),
    LogFormat("MLflow files", _tracker("mlflow_files", ("loss", "return", "reward", "kl", "mean"))),
    LogFormat("trackio database", _tracker("trackio", (".db",))),
    LogFormat(
        "config.yaml", _beside("config.yaml", "".join(f"{key}: {value}\n" for key, value in CONFIG.items()))
    ),
    LogFormat("config.json", _beside("config.json", json.dumps(CONFIG, indent=1)), closed=True),
    # The list of an archive's names has no checksum: without "data" in it, it is another tool's archive.
    LogFormat("model.zip", _model),
)
