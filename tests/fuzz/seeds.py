"""What fuzzing begins from: a small good input of each target, written by the writer of its format."""

from __future__ import annotations

import io
import json
import sqlite3
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
from hostile_logs import event, record
from rulebook_samples import RULE, TESTS
from targets import END, TABLES, chunk

from rldoctor.readers.wandb.frames import HEADER, FrameDamage, records

TRACKERS = Path(__file__).parents[1] / "readers" / "trackers" / "fixtures"
MLFLOW_FILES = (
    b"run_id: abc\nrun_name: r\nstatus: 3\nlifecycle_stage: active\n",
    b"1700000000000 1.5 0\n1700000000001 2.5 1\n",
    b"1700000000000 nan 0\n",
    b"0.0003",
    b"name",
)
MLFLOW_CELLS = (
    b"\x00r1,return,1.5,1700000000000,0,0",
    b"\x00r1,return,2.5,1700000000001,1,0",
    b"\x01r1,lr,0.1",
    b"\x03r1,name,FINISHED,active,1700000000000,1",
    b"\x041,exp",
)
TRACKIO_ROWS = (b'{"lr": 0.1}', b'{"loss": 0.5, "a": {"b": 1}}', b' {"loss": "NaN"}')
EXPRESSIONS = (
    b"a < limit and not b > 2 or known(config.lr)",
    b"median(abs(a), where=b > 0) / max(first(a), 1e-9)",
    b"slope(a) * 100 < -0.5 and run.steps >= count(b)",
    b"coalesce(std(a), quantile(b, 0.9), 1) != progress",
)


def seeds() -> Mapping[str, Sequence[bytes]]:
    """Inputs by target."""
    rule, tests = RULE.encode(), TESTS.encode()
    return {
        "events": [record(event(b"loss", 1, 2.0)) * 3],
        "event_records": [END.join(event(b"loss", step, 2.0) for step in range(3))],
        "csv": [b"step,reward,loss\n1,2.5,0.1\n2,3.5,nan\n3,,0.3\n"],
        "jsonl": [b'{"step": 1, "reward": 2.5}\n{"step": 2, "reward": NaN}\n'],
        "document": [b'{"log_history": [{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.4}]}'],
        "monitor": [b'#{"t_start": 1.0, "env_id": "x"}\nr,l,t\n1.0,200,3.5\n2.0,200,7.5\n'],
        "evaluations": [_evaluations()],
        "console": [
            b"| rollout/           |          |\n|    ep_rew_mean     | 21.3     |\nstep: 1, loss: 0.5\n"
        ],
        "yaml": [b"gamma: 0.99\nnet: [64, 64]\nopt: &a {lr: 1e-4}\nb: *a\n"],
        "json": [b'{"gamma": 0.99, "net": {"arch": [64, 64]}}'],
        "zip": [_model()],
        "wandb": [HEADER + b"".join(map(chunk, _wandb_records().split(END)))],
        "wandb_records": [_wandb_records()],
        "mlflow_files": [END.join(MLFLOW_FILES)],
        "mlflow_cells": [END.join(MLFLOW_CELLS)],
        "mlflow_bytes": [_database()],
        "trackio_rows": [END.join(TRACKIO_ROWS)],
        "expressions": EXPRESSIONS,
        "rules": [rule, END.join((rule, tests))],
        "secrets": [b"https://bob:secret@host/x --password x ghp_abcdefghijklmnopqrstuvwxyz"],
    }


def _evaluations() -> bytes:
    stream = io.BytesIO()
    np.savez(stream, timesteps=np.arange(3), results=np.ones((3, 2)), ep_lengths=np.ones((3, 2)))
    return stream.getvalue()


def _model() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data", json.dumps({"gamma": 0.99, "n_steps": 2048}))
        archive.writestr("_stable_baselines3_version", "2.3.2")
    return stream.getvalue()


def _wandb_records(count: int = 12, largest: int = 600) -> bytes:
    """The first short records of a run as W&B wrote it."""
    with zipfile.ZipFile(TRACKERS / "wandb.zip") as archive:
        name = min(archive.namelist(), key=lambda one: archive.getinfo(one).file_size)
        found = records(io.BytesIO(archive.read(name)), FrameDamage())
        return END.join(islice((one for one in found if len(one) < largest and END not in one), count))


def _database() -> bytes:
    """MLflow's tables on the smallest pages that SQLite has."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mlflow.db"
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("PRAGMA page_size = 512")
            for table, columns in TABLES.items():
                database.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
            for row in range(8):
                database.execute("INSERT INTO metrics VALUES ('r1', 'return', ?, 1, ?, 0)", (row * 1.5, row))
            database.execute("INSERT INTO runs VALUES ('r1', 'name', 'FINISHED', 'active', 1, 1)")
            database.execute("INSERT INTO params VALUES ('r1', 'lr', '0.1')")
        return path.read_bytes()
