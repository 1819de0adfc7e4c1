"""The folder of trainings: which are finished, and each run in its own process."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import multiprocessing
import os
import shutil
import sys
import time
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from laboratory.mutants.plan import HEALTHY, PlannedRun

MAX_SECONDS = 1_800
_PACKAGES = ("stable_baselines3", "sb3_contrib", "torch", "gymnasium", "numpy", "mujoco")


def label_path(out: Path, run: PlannedRun) -> Path:
    """The label of a run: outside its folder, where nothing that reads the run can see it."""
    return out / "labels" / f"{run.key}.json"


def train_all(runs: Iterable[PlannedRun], out: Path, jobs: int) -> None:
    """Train what is not finished, ``jobs`` processes at a time. A run that was cut off starts anew."""
    os.nice(19)
    (out / "labels").mkdir(parents=True, exist_ok=True)
    # The libraries are loaded once and inherited by the forked processes, each of which changes its own copy.
    # (The first optimiser step would load torch._dynamo, in every process anew.)
    for name in ("sb3_contrib", "torch._dynamo", "laboratory.mutants.training"):
        importlib.import_module(name)
    import torch

    torch.set_num_threads(1)
    active: list[tuple[PlannedRun, Any, float]] = []
    for run in runs:
        if label_path(out, run).exists():
            continue
        while len(active) >= jobs:
            active = _still_running(active)
        process = multiprocessing.get_context("fork").Process(target=_one, args=(run, out))
        process.start()
        active.append((run, process, time.monotonic()))
    while active:
        active = _still_running(active)


def _still_running(active: list[tuple[PlannedRun, Any, float]]) -> list[tuple[PlannedRun, Any, float]]:
    """Wait a little; report what ended, and end what takes far too long."""
    active[0][1].join(timeout=0.5)
    for run, process, started in active:
        if process.is_alive() and time.monotonic() - started > MAX_SECONDS:
            process.terminate()
        if not process.is_alive():
            code = process.exitcode
            _say(f"{'done  ' if code == 0 else f'exit {code}'} {run.name} {time.monotonic() - started:.0f} s")
    return [entry for entry in active if entry[1].is_alive()]


def _one(run: PlannedRun, out: Path) -> None:
    """Train one run in this process and write its label last: a label means a finished run."""
    from laboratory.mutants.training import train

    folder = out / run.key
    shutil.rmtree(folder, ignore_errors=True)
    try:
        measured = train(run, folder)
    except Exception:
        _say(f"{run.name}: {traceback.format_exc()}")
        raise SystemExit(1) from None
    label = {**describe(run), **measured, "versions": _versions()}
    path = label_path(out, run)
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(label, indent=1) + "\n", encoding="utf-8")
    draft.rename(path)


def describe(run: PlannedRun) -> dict[str, Any]:
    """What a run is, as the label says it before anything is measured."""
    fault = run.fault
    return {
        "folder": run.key,
        "task": run.task.name,
        "algo": run.task.algo,
        "env": run.task.env,
        "split": run.task.split,
        "actions": run.task.actions,
        "steps": run.task.steps,
        "seed": run.seed,
        "layout": run.layout,
        "fault": fault.name if fault else HEALTHY,
        "mechanism": fault.mechanism if fault else None,
        "cause": fault.cause if fault else None,
        "roots": list(fault.roots) if fault else [],
        "expect": fault.expect if fault else None,
    }


def _versions() -> dict[str, str]:
    """Versions of what decides the numbers."""
    return {name: importlib.metadata.version(name) for name in _PACKAGES}


def _say(text: str) -> None:
    """A line to the log, at once."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stdout.flush()
