"""A broken log of every reader beside five good runs: five diagnoses, and each of the losses is said."""

from __future__ import annotations

import importlib.util
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hostile_logs import good_run

from rldoctor import cli
from rldoctor.readers.registry import load_readers

FIXTURES = Path(__file__).parents[1] / "readers" / "trackers" / "fixtures"
GOOD = 5
Break = Callable[[bytes], bytes]


def cut(data: bytes) -> bytes:
    """As a full disk leaves it."""
    return data[: len(data) * 3 // 5]


def noise(data: bytes) -> bytes:
    """As a lost block leaves it."""
    middle = len(data) // 2
    return data[:middle] + b"\x00\xff{" * 20 + data[middle + 60 :]


# Reader -> fixture, the files of it that are taken, and those that are broken, and how.
BROKEN: dict[str, tuple[str, str, str, Break]] = {
    "tensorboard": ("equality", "tensorboard/", "tfevents", cut),
    "aim": ("equality", "aim/", ".sst", cut),
    "table": ("equality", "csv/", "progress.csv", noise),
    "wandb": ("wandb", "wandb/offline-run-20261129_033315", ".wandb", cut),
    "mlflow": ("mlflow_files", "mlruns/", "ep_rew_mean", noise),
    "sqlite": ("trackio", "rlproj.db", ".db", cut),
    "clearml": ("clearml", "offline/offline-0d62996853454a4bb2cdd112aed64448/", "metrics.jsonl", cut),
    "neptune": ("neptune", "data/", ".parquet", cut),
    "dvclive": ("dvclive", "dvclive/", "ep_rew_mean.tsv", noise),
    "sacred": ("sacred", "1/", "metrics.json", cut),
}
FURTHER: dict[str, tuple[str, str, str, Break]] = {
    "mlflow database": ("mlflow_sqlite", "mlflow.db", ".db", cut),
    "JSON lines": ("equality", "json/", "progress.json", noise),
    "JSON document": ("transformers", "trainer_state.json", ".json", cut),
    "tinker": ("sources", "tinker/", "metrics.jsonl", noise),
}


def broken(root: Path, kind: tuple[str, str, str, Break]) -> None:
    """The part of a fixture, with the files broken whose names end so, or hold it."""
    fixture, start, marked, damage = kind
    hit = 0
    with zipfile.ZipFile(FIXTURES / f"{fixture}.zip") as archive:
        for name in archive.namelist():
            if not name.startswith(start) or name.endswith("/"):
                continue
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            wrong = marked in path.name
            hit += wrong
            path.write_bytes(damage(archive.read(name)) if wrong else archive.read(name))
    assert hit, f"no {marked} in {fixture}"


def readable(name: str) -> bool:
    needed = {"aim": "aim", "neptune": "pyarrow"}.get(name)
    return needed is None or importlib.util.find_spec(needed) is not None


def test_there_is_one_of_every_reader() -> None:
    readers, failures = load_readers()
    assert not failures
    built_in = {reader.name for reader in readers if type(reader).__module__.startswith("rldoctor.")}
    assert set(BROKEN) == built_in


def test_five_diagnoses_and_each_loss_beside_its_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kinds = {name: kind for name, kind in {**BROKEN, **FURTHER}.items() if readable(name)}
    for number in range(GOOD):
        good_run(tmp_path / f"good{number}")
    for name, kind in kinds.items():
        broken(tmp_path / f"broken {name}", kind)
    assert cli.run(["analyze", str(tmp_path), "-f", "json", "--fail-on", "never", "--jobs", "1"]) == 0
    report = json.loads(capsys.readouterr().out)
    verdicts = {run["id"]: run["verdict"] for run in report["runs"]}
    assert [verdicts[f"good{number}"] for number in range(GOOD)] == ["healthy"] * GOOD
    told = "\n".join(report["failures"])
    said = {
        f"{run['path']}/{run['id']}" for run in report["runs"] if any(note["lost"] for note in run["notes"])
    }
    silent = [
        name
        for name in kinds
        if f"broken {name}" not in told and not any(f"broken {name}" in one for one in said)
    ]
    assert silent == []
    assert not any(f"good{number}" in one for number in range(GOOD) for one in said)
