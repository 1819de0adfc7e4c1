"""Helpers of the Aim tests: real repositories, written by the real SDK."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

from rldoctor.model.raw import RawRun
from rldoctor.readers.aim import AimReader

# Killed at once, as by the kernel's memory killer: no end time, last points in the write-ahead log only.
CRASH = """
import os, signal, sys
from aim import Run
run = Run(repo=sys.argv[1], system_tracking_interval=None, capture_terminal_logs=False)
run["hparams"] = {"learning_rate": 0.001}
for i in range(300):
    run.track(float(i), name="loss", step=i * 10)
os.kill(os.getpid(), signal.SIGKILL)
"""


def open_run(root: Path, **options: object) -> Any:
    """A new run of the real SDK, without its threads that watch the machine."""
    from aim import Run

    return Run(repo=str(root), system_tracking_interval=None, capture_terminal_logs=False, **options)


def write_run(root: Path, name: str, points: int = 40, offset: float = 0.0, **params: object) -> str:
    """One closed run with two metrics in three contexts, steps out of order; returns its hash."""
    from aim import Run

    run = Run(
        repo=str(root), experiment="cartpole", system_tracking_interval=None, capture_terminal_logs=False
    )
    run.name = name
    run["hparams"] = {"learning_rate": 3e-4, "net": [64, 64], "optimizer": {"eps": 1e-5}, **params}
    run["__system_params"] = {"env_variables": {"API_TOKEN": "hunter2"}}
    for i in [*range(1, points, 2), *range(0, points, 2)]:
        run.track(offset + i * 0.5, name="loss", step=i * 100, context={"subset": "train"})
        run.track(offset - i * 0.5, name="loss", step=i * 100, context={"subset": "eval"})
        run.track(offset + float(i), name="reward", step=i * 100)
    run.track(float("nan"), name="reward", step=points * 100)
    run.track(0.5, name="__system__cpu", step=0)
    run_hash = str(run.hash)
    run.close()
    return run_hash


def crash_run(root: Path) -> None:
    """Write a run in a process that kills itself."""
    done = subprocess.run([sys.executable, "-c", CRASH, str(root)], capture_output=True, timeout=120)
    assert done.returncode == -9, done.stderr.decode()


def tree_hash(root: Path) -> str:
    """Digest over every name, mode, modification time and byte below ``root``."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        stat = path.lstat()
        digest.update(f"{path.relative_to(root)} {stat.st_mode} {stat.st_mtime_ns} {stat.st_size}".encode())
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()


def read(root: Path) -> list[RawRun]:
    """What the reader gives for ``root``."""
    reader = AimReader()
    return reader.read(root, reader.claims(root, entries(root)))


def entries(root: Path) -> list[str]:
    """The sorted names in ``root``."""
    return sorted(path.name for path in root.iterdir())


def named(runs: list[RawRun], name: str) -> RawRun:
    """The run whose Aim name is ``name``."""
    return next(run for run in runs if any(s.key == "run.name" and s.value == name for s in run.settings))


def codes(run: RawRun) -> set[str]:
    """Codes of the run's notes."""
    return {note.code for note in run.notes}
