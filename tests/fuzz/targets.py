"""What is fuzzed: each target takes bytes, and may refuse them with an error of this program and no other."""

from __future__ import annotations

import math
import sqlite3
import tempfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from hostile_logs import record
from rulebook_samples import KNOWN, TESTS

from rldoctor.errors import RldoctorError
from rldoctor.readers import isolate

Use = Callable[[bytes, Path], object]
# Stands between the parts of an input that is several files, records or rows.
END = b"\xff\n"


class Target(NamedTuple):
    """``use`` gets the bytes and a folder to put them into; ``longest``: bytes of an input."""

    use: Use
    longest: int = 4096


def _read(name: str, reader: Callable[[Path], object]) -> Use:
    """A reader of one file."""

    def use(data: bytes, folder: Path) -> object:
        path = folder / name
        path.write_bytes(data)
        return reader(path)

    return use


def _events(path: Path) -> object:
    from rldoctor.readers.tensorboard.directory import read_directory

    return read_directory(path.parent, [path.name])


def _table(path: Path) -> object:
    from rldoctor.readers.tabular.runs import read_tables

    return read_tables(path.parent, [path.name])


def _console(path: Path) -> object:
    from rldoctor.readers.console.runs import read_console

    return read_console(path.parent, path.name)


def _config(path: Path) -> object:
    from rldoctor.readers.config_files.read import read_config_file

    return read_config_file(path)


def _wandb(path: Path) -> object:
    from rldoctor.readers.wandb.reader import WandbReader

    return WandbReader().read(path.parent, [path.name])


def _database(path: Path) -> object:
    from rldoctor.readers.sqlite.reader import SqliteReader

    reader = SqliteReader()
    return reader.read(path.parent, claimed) if (claimed := reader.claims(path.parent, [path.name])) else None


def _event_records(data: bytes, folder: Path) -> object:
    """Event files check their records: without right checksums hardly an input would be looked into."""
    path = folder / "events.out.tfevents.1"
    path.write_bytes(b"".join(map(record, data.split(END))))
    return _events(path)


def _wandb_records(data: bytes, folder: Path) -> object:
    """The same for W&B's log."""
    from rldoctor.readers.wandb.frames import HEADER

    path = folder / "run-abc.wandb"
    path.write_bytes(HEADER + b"".join(map(chunk, data.split(END))))
    return _wandb(path)


def chunk(payload: bytes) -> bytes:
    """A record of W&B's log."""
    crc = zlib.crc32(payload, zlib.crc32(b"\x01"))
    return crc.to_bytes(4, "little") + len(payload).to_bytes(2, "little") + b"\x01" + payload


MLFLOW_PARTS = ("meta.yaml", "metrics/return", "metrics/a/b", "params/lr", "tags/mlflow.runName")


def _mlflow_files(data: bytes, folder: Path) -> object:
    """A run of MLflow's file store, the parts of which are parts of the input."""
    from rldoctor.readers.mlflow.reader import MlflowReader

    run = folder / "run"
    for name, content in zip(MLFLOW_PARTS, data.split(END), strict=False):
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_bytes(content)
    for name in MLFLOW_PARTS[data.count(END) + 1 :]:
        (run / name).unlink(missing_ok=True)
    reader = MlflowReader()
    names = [path.name for path in run.iterdir()]
    return reader.read(run, claimed) if (claimed := reader.claims(run, names)) else None


TABLES = {
    "metrics": ("run_uuid", "key", "value", "timestamp", "step", "is_nan"),
    "params": ("run_uuid", "key", "value"),
    "tags": ("run_uuid", "key", "value"),
    "runs": ("run_uuid", "name", "status", "lifecycle_stage", "start_time", "experiment_id"),
    "experiments": ("experiment_id", "name"),
}


def _mlflow_cells(data: bytes, folder: Path) -> object:
    """MLflow's database with any value in any cell: SQLite holds a column to no type."""
    path = folder / "mlflow.db"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = OFF")
        for table, columns in TABLES.items():
            database.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
        for row in data.split(END):
            table = list(TABLES)[row[0] % len(TABLES)] if row else "metrics"
            cells = [_cell(cell) for cell in row[1:].split(b",")]
            width = len(TABLES[table])
            marks = ",".join("?" * width)
            padded = [*cells, *[None] * width][:width]
            database.execute(f"INSERT INTO {table} VALUES ({marks})", padded)
        database.commit()
    return _database(path)


def _cell(text: bytes) -> object:
    """What SQLite may hold: nothing, a number, a text, bytes."""
    if not text:
        return None
    if text[:1] == b"!":
        return text[1:]
    try:
        number = float(text)
    except ValueError:
        return text.decode("utf-8", "replace")
    return int(number) if number.is_integer() and abs(number) < 2**63 else number


def _trackio_rows(data: bytes, folder: Path) -> object:
    """trackio's database: each row JSON, as text or as bytes."""
    path = folder / "project.db"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("CREATE TABLE metrics (timestamp, run_name, step, metrics)")
        database.execute("CREATE TABLE configs (run_name, config)")
        for number, row in enumerate(data.split(END)):
            cell = row if row[:1] == b" " else row.decode("utf-8", "replace")
            if number:
                time = f"2026-01-01T00:00:{number % 60:02}"
                database.execute("INSERT INTO metrics VALUES (?, 'run', ?, ?)", (time, number, cell))
            else:
                database.execute("INSERT INTO configs VALUES ('run', ?)", (cell,))
        database.commit()
    return _database(path)


def _secrets(data: bytes, _: Path) -> object:
    from rldoctor.redaction import hidden_text

    text = data.decode("utf-8", "replace")
    assert hidden_text(hidden_text(text)) == hidden_text(text)
    return None


def _expression(data: bytes, _: Path) -> object:
    """An expression that is accepted has a value for every log, and is the same when it is read again."""
    from rldoctor.language.evaluator import evaluate, spacing_of
    from rldoctor.language.parser import Expression, parse

    found = parse(data.decode("utf-8", "replace"))
    assert Expression(found.text).plan == found.plan
    for scope in _scopes():
        if not found.names <= {*scope.names, "step", "progress"}:
            continue
        value = evaluate(found, scope)
        assert np.shape(value) in ((), scope.steps.shape)
        assert isinstance(value, (float, bool, np.ndarray))
        assert math.isfinite(spacing_of(found, scope))
    return found


@cache
def _scopes() -> list[Any]:
    """What a log may hold: nothing, a point, numbers and gaps, gaps only, huge numbers."""
    from rldoctor.language.evaluator import Scope

    rows = [[], [2.0], [1.0, math.nan, -3.5, math.inf, 0.0, 7e300], [math.nan] * 4, [1e308, -1e308, 5e-324]]
    return [
        Scope(
            np.arange(1.0, len(row) + 1) * 10,
            {"a": np.array(row), "b": np.array(row[::-1]), "limit": 0.5},
            config={"lr": 3e-4},
            run={"steps": 40.0},
            spacing={"a": 25.0},
            planned=80.0,
        )
        for row in rows
    ]


def _rule(data: bytes, folder: Path) -> object:
    """A rule that is accepted can be asked of a run, and its test file, the second part, too."""
    from rldoctor.rulebook.loader import load_rule

    rule, _, tests = data.partition(END)
    path = folder / "policy" / "test-rule.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(rule)
    path.with_suffix(".test.yaml").write_bytes(tests or TESTS.encode())
    loaded = load_rule(path, KNOWN, tests=bool(tests))
    return [_asked(loaded, case) for case in _cases(path)]


def _cases(rule: Path) -> Sequence[Any]:
    from rldoctor.rulebook.testcases import load_tests

    return load_tests(rule.with_suffix(".test.yaml")).cases


def _asked(rule: Any, case: Any) -> object:
    from rldoctor.engine.ruletest import run_case
    from rldoctor.model.finding import Outcome

    result = run_case(rule, case, *_decided()).result
    assert result.outcome is not Outcome.ERROR or result.error.startswith("ExpressionError"), result.error
    return result


@cache
def _decided() -> tuple[Any, Any]:
    from rldoctor import api
    from rldoctor.datafiles.packs import pack_directories
    from rldoctor.engine.policy import load_derived

    return api.policy(), load_derived(*pack_directories(()))


TARGETS: Mapping[str, Target] = {
    "events": Target(_read("events.out.tfevents.1", _events)),
    "event_records": Target(_event_records),
    "csv": Target(_read("progress.csv", _table)),
    "jsonl": Target(_read("metrics.jsonl", _table)),
    "document": Target(_read("trainer_state.json", _table)),
    "monitor": Target(_read("monitor.csv", _table)),
    "evaluations": Target(_read("evaluations.npz", _table)),
    "console": Target(_read("output.log", _console)),
    "yaml": Target(_read("config.yaml", _config)),
    "json": Target(_read("config.json", _config)),
    "zip": Target(_read("model.zip", _config)),
    "wandb": Target(_read("run-abc.wandb", _wandb)),
    "wandb_records": Target(_wandb_records),
    "mlflow_files": Target(_mlflow_files),
    "mlflow_cells": Target(_mlflow_cells),
    "mlflow_bytes": Target(_read("mlflow.db", _database), 16_384),
    "trackio_rows": Target(_trackio_rows),
    "expressions": Target(_expression, 1100),
    "rules": Target(_rule, 8192),
    "secrets": Target(_secrets),
}


def survives(name: str, data: bytes, folder: Path) -> None:
    """Give an input to a target, which may refuse it. Whatever else was raised within is raised here."""
    try:
        TARGETS[name].use(data, folder)
    except RldoctorError as error:
        for one in (error, *getattr(error, "errors", ())):
            # Caught so that it costs one file only, and a defect all the same.
            assert one.hint != isolate.REPORT, one


def warmed(name: str) -> None:
    """Use a target once on what it begins from, so that all that it imports is there."""
    from seeds import seeds

    with tempfile.TemporaryDirectory() as folder:
        for data in seeds()[name]:
            survives(name, data, Path(folder))
