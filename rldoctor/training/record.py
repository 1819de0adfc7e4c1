"""Run directory -> labelled folder in the collection of reference runs."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from rldoctor.training.faults import FAULTS
from rldoctor.training.observe import observe
from rldoctor.training.plan import Plan
from rldoctor.training.train import Trained, versions

EVENT_LIMIT = 200_000
"""Bytes above which an event file is not kept: progress.csv holds the same values."""


def record(plan: Plan, trained: Trained, store: Path, command: Sequence[str]) -> Path:
    """Copy a training's logs and write its ``run.yaml``; returns the folder, replacing what was there.

    The event file loses the host name and process id that its writer puts into the file name. What the
    run showed (``shows``, ``note``) is for a person to fill in, from ``observed``: SB3's
    columns as [first value, median of the last quarter, last value].
    """
    folder = store / home(plan)
    folder.mkdir(parents=True, exist_ok=True)
    for stale in (*folder.glob("events.out.tfevents.*"), *folder.glob("*.yaml")):
        stale.unlink()
    for name in ("progress.csv", "config.json"):
        shutil.copyfile(trained.folder / name, folder / name)
    for event in sorted(trained.folder.glob("events.out.tfevents.*")):
        if event.stat().st_size <= EVENT_LIMIT:
            shutil.copyfile(event, folder / _anonymous(event.name))
    text = yaml.safe_dump(label(plan, trained, command), sort_keys=False, width=110, default_flow_style=None)
    (folder / "run.yaml").write_text(text, encoding="utf-8")
    return folder


def home(plan: Plan) -> Path:
    """Where a plan's run belongs in the collection, relative to it."""
    return Path("faulty", plan.fault, plan.name) if plan.fault else Path("healthy", plan.name)


def label(plan: Plan, trained: Trained, command: Sequence[str]) -> dict[str, Any]:
    """The content of ``run.yaml``. Even seeds belong to the ``tune`` split, odd ones to ``hold``."""
    fault = FAULTS.get(plan.fault)
    return {
        "schema": 1,
        "label": "faulty" if fault else "healthy",
        "fault": plan.fault or None,
        "shows": None,
        "expected": {
            "roots": list(fault.roots) if fault else [],
            "cause": fault.cause if fault else None,
            "symptoms": list(fault.symptoms) if fault else [],
        },
        "onset": round(fault.starts * plan.steps) if fault else None,
        "algo": plan.algo,
        "env": plan.env_id,
        "variant": plan.variant or None,
        "seed": plan.seed,
        "steps": trained.steps,
        "stopped": trained.stopped or None,
        "split": "hold" if plan.seed % 2 else "tune",
        "versions": versions(),
        "command": " ".join(command),
        "observed": observe(trained.folder / "progress.csv"),
        "note": None,
    }


def _anonymous(event_name: str) -> str:
    """``events.out.tfevents.<seconds>.reference.0`` for any SB3 event file name."""
    return ".".join([*event_name.split(".")[:4], "reference", "0"])
