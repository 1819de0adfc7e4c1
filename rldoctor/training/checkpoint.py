"""Checkpoints of a training in its own folder, so that a killed run goes on where it was saved."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

FOLDER = "checkpoint"
MODEL, BUFFER, NORMALISER, ROWS = "model.zip", "replay.pkl", "normaliser.pkl", "rows.saved"


def save(model: Any, out: Path) -> None:
    """Save weights, optimisers, replay buffer, normaliser and the rows logged so far.

    Written beside the last checkpoint and then exchanged: a kill in between leaves one of the two whole.
    """
    fresh = out / f"{FOLDER}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    model.save(fresh / MODEL)
    if hasattr(model, "replay_buffer"):
        model.save_replay_buffer(fresh / BUFFER)
    normaliser = model.get_vec_normalize_env()
    if normaliser is not None:
        normaliser.save(str(fresh / NORMALISER))
    if (out / "progress.csv").exists():
        shutil.copyfile(out / "progress.csv", fresh / ROWS)
    remove(out)
    fresh.rename(out / FOLDER)


def finish(model: Any, out: Path) -> None:
    """Exchange the checkpoint of a finished run for what is needed to use the policy."""
    remove(out)
    model.save(out / MODEL)
    normaliser = model.get_vec_normalize_env()
    if normaliser is not None:
        normaliser.save(str(out / NORMALISER))


def find(out: Path) -> Path | None:
    """The last whole checkpoint of a run folder, or None."""
    for name in (FOLDER, f"{FOLDER}.new"):
        # The table is copied last: a new checkpoint without it was cut off.
        if (out / name / MODEL).exists() and (name == FOLDER or (out / name / ROWS).exists()):
            return out / name
    return None


def remove(out: Path) -> None:
    """Delete the checkpoint of a finished run."""
    shutil.rmtree(out / FOLDER, ignore_errors=True)


def load(kind: Any, saved: Path, env: Any, device: str) -> Any:
    """The SB3 model of a checkpoint, on ``env``; ``kind`` is its class."""
    model = kind.load(saved / MODEL, env=env, device=device)
    if hasattr(model, "replay_buffer"):
        model.load_replay_buffer(saved / BUFFER)
    return model


def load_normaliser(saved: Path, env: Any) -> Any:
    """``env`` in the VecNormalize of a checkpoint, where it has one."""
    from stable_baselines3.common.vec_env import VecNormalize

    return VecNormalize.load(str(saved / NORMALISER), env) if (saved / NORMALISER).exists() else env


def rows_of(saved: Path) -> list[dict[str, float]]:
    """The rows that were logged before the checkpoint; empty cells are left out."""
    path = saved / ROWS
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [{key: float(cell) for key, cell in row.items() if cell} for row in csv.DictReader(file)]
