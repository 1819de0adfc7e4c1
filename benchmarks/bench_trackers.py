"""Each tracker's files, read by us and by the tracker's own library: ``python benchmarks/bench_trackers.py``.

    pip install mlflow==3.17.2 trackio==0.43.0 wandb==0.19.11 (those that are missing are left out)

One log per tracker is written by its own library, with ``--rows`` rows of ``--metrics`` metrics; W&B's by
the writer and the reader of records that the package had in Python until 0.19 (now they are in Go). Both
readers run in turn, ``--rounds`` times, each tracker in a process of its own; printed are the medians of the
CPU time, imports not counted, and their ratio. ``--no-orjson`` hides from us the parser that trackio brings
along. All values are compared first: a reader that is fast and wrong has no speed.

ClearML, DVCLive, Sacred and Lightning have no reader of what they write; Neptune's is pyarrow, Aim's its
SDK: these we use.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from rldoctor.readers.discover import find_runs

Columns = dict[str, np.ndarray]
Read = Callable[[Path], Columns]
# Modules that only our reader does not find.
HIDDEN: list[str] = []


def values(rows: int, metrics: int) -> Iterator[dict[str, float]]:
    """Noise with a trend, as losses are."""
    table = np.random.default_rng(0).normal(size=(rows, metrics)) + np.arange(rows)[:, None] / rows
    names = [f"train/metric_{i}" for i in range(metrics)]
    for row in table.tolist():
        yield dict(zip(names, row, strict=True))


def ours(path: Path) -> Columns:
    """What rldoctor reads."""
    kept = {name: sys.modules.pop(name, None) for name in HIDDEN}
    sys.modules.update(dict.fromkeys(HIDDEN))  # type: ignore[arg-type]
    (run,) = find_runs(path)
    sys.modules.update({name: module for name, module in kept.items() if module is not None})
    return {part.tag: part.values for part in run.series if part.tag.startswith("train/")}


def write_wandb(folder: Path, rows: int, metrics: int) -> Path:
    """A ``.wandb`` file through the writer that wandb had in Python until 0.19."""
    import json

    from wandb.proto import wandb_internal_pb2 as messages
    from wandb.sdk.internal.datastore import DataStore

    path = folder / "run-bench.wandb"
    store = DataStore()
    store.open_for_write(str(path))
    for number, row in enumerate(values(rows, metrics)):
        record = messages.Record(num=number + 1)
        for key, value in {**row, "_step": number}.items():
            item = record.history.item.add()
            item.nested_key.append(key)
            item.value_json = json.dumps(value)
        store.write(record)
    store.close()
    return path


def read_wandb(path: Path) -> Columns:
    """As ``wandb sync`` of 0.19 reads it."""
    import json

    from wandb.proto import wandb_internal_pb2 as messages
    from wandb.sdk.internal.datastore import DataStore

    store = DataStore()
    store.open_for_scan(str(path))
    found: dict[str, list[float]] = {}
    while (data := store.scan_data()) is not None:
        record = messages.Record()
        record.ParseFromString(data)
        for item in record.history.item:
            found.setdefault(".".join(item.nested_key) or item.key, []).append(json.loads(item.value_json))
    found.pop("_step")
    return {tag: np.array(column) for tag, column in found.items()}


def write_mlflow(uri: str, rows: int, metrics: int) -> None:
    """One run, a thousand metrics a call."""
    from mlflow import MlflowClient
    from mlflow.entities import Metric

    client = MlflowClient(uri)
    run = client.create_run("0").info.run_id
    for step, row in enumerate(values(rows, metrics)):
        client.log_batch(run, [Metric(key, value, step, step) for key, value in row.items()])
    client.set_terminated(run)


def read_mlflow(uri: str) -> Columns:
    """Every metric's history through the client."""
    from mlflow import MlflowClient

    client = MlflowClient(uri)
    (run,) = client.search_runs(["0"])
    histories = {tag: client.get_metric_history(run.info.run_id, tag) for tag in run.data.metrics}
    return {
        tag: np.array([point.value for point in sorted(points, key=lambda point: point.step)])
        for tag, points in histories.items()
    }


def write_files(folder: Path, rows: int, metrics: int) -> Path:
    """MLflow's file store."""
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    write_mlflow(f"file://{folder}/mlruns", rows, metrics)
    return folder / "mlruns"


def write_database(folder: Path, rows: int, metrics: int) -> Path:
    """MLflow's database."""
    write_mlflow(f"sqlite:///{folder}/mlflow.db", rows, metrics)
    return folder / "mlflow.db"


def write_trackio(folder: Path, rows: int, metrics: int) -> Path:
    """A project of trackio, through its own storage."""
    os.environ["TRACKIO_DIR"] = str(folder)
    from trackio.sqlite_storage import SQLiteStorage

    steps = list(range(rows))
    SQLiteStorage.bulk_log("bench", "run", list(values(rows, metrics)), steps=steps)
    return next(folder.glob("*.db"))


def read_trackio(path: Path) -> Columns:
    """Every row through trackio's storage."""
    from trackio.sqlite_storage import SQLiteStorage

    rows = SQLiteStorage.get_logs("bench", "run")
    tags = [tag for tag in rows[0] if tag.startswith("train/")]
    return {tag: np.array([row[tag] for row in rows]) for tag in tags}


TRACKERS: dict[str, tuple[str, Callable[[Path, int, int], Path], Read]] = {
    "wandb": ("wandb.sdk.internal.datastore", write_wandb, read_wandb),
    "mlflow, files": ("mlflow", write_files, lambda path: read_mlflow(f"file://{path}")),
    "mlflow, database": ("mlflow", write_database, lambda path: read_mlflow(f"sqlite:///{path}")),
    "trackio": ("trackio", write_trackio, read_trackio),
}


def seconds(read: Read, path: Path) -> float:
    """CPU seconds of one reading."""
    gc.collect()
    begin = time.process_time()
    read(path)
    return time.process_time() - begin


def compare(name: str, rows: int, metrics: int, rounds: int) -> str:
    """One line of the table."""
    package, write, theirs = TRACKERS[name]
    if not installed(package):
        return f"{name:18} {package} is not installed"
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder), rows, metrics)
        one, other = ours(path), theirs(path)
        assert one.keys() == other.keys()
        for tag, column in one.items():
            np.testing.assert_array_equal(column, other[tag])
        pairs = [(seconds(ours, path), seconds(theirs, path)) for _ in range(rounds)]
    mine, library = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(b / a for a, b in pairs)
    return f"{name:18} {rows * metrics:9,} {mine * 1000:9.0f} ms {library * 1000:9.0f} ms {ratio:7.1f}x"


def installed(module: str) -> bool:
    """Whether a module can be found; a package without it (W&B from 0.20 on) counts as missing."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def main() -> None:
    """Write, verify, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--metrics", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--trackers", nargs="+", choices=TRACKERS, default=list(TRACKERS))
    parser.add_argument("--no-orjson", action="store_const", const=["orjson"], default=[])
    asked = parser.parse_args()
    HIDDEN.extend(asked.no_orjson)
    print(f"{'tracker':18} {'values':>9} {'rldoctor':>12} {'its library':>12} {'ratio':>8}")
    if len(asked.trackers) == 1:
        print(compare(asked.trackers[0], asked.rows, asked.metrics, asked.rounds), flush=True)
        return
    hidden = ["--no-orjson"] if asked.no_orjson else []
    # Objects of another tracker's library would be gone through in every collection of garbage.
    sizes = ["--rows", str(asked.rows), "--metrics", str(asked.metrics), "--rounds", str(asked.rounds)]
    for name in asked.trackers:
        alone = [sys.executable, __file__, "--trackers", name, *sizes, *hidden]
        answer = subprocess.run(alone, check=True, stdout=subprocess.PIPE, text=True)
        print(answer.stdout.splitlines()[-1], flush=True)


if __name__ == "__main__":
    main()
