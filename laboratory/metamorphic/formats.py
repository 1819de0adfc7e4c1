"""The rows of a ``progress.csv`` again, in other formats."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path

STEP = "time/total_timesteps"
# Beside the log, and read in each format alike.
CONFIG = "config.json"
Row = Mapping[str, str]


def rows_of(folder: Path) -> list[Row]:
    """The rows of the table in a run's folder, empty cells left out."""
    with (folder / "progress.csv").open(encoding="utf-8", newline="") as file:
        return [{key: text for key, text in row.items() if text} for row in csv.DictReader(file)]


def write(rows: list[Row], kind: str, folder: Path) -> None:
    """Write them as ``csv`` (columns sorted), ``jsonl`` or ``tensorboard``."""
    folder.mkdir(parents=True)
    {"csv": _csv, "jsonl": _jsonl, "tensorboard": _tensorboard}[kind](rows, folder)


def _csv(rows: list[Row], folder: Path) -> None:
    columns = sorted({key for row in rows for key in row})
    with (folder / "progress.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def _jsonl(rows: list[Row], folder: Path) -> None:
    lines = (json.dumps({key: float(text) for key, text in row.items()}) for row in rows)
    (folder / "progress.json").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _tensorboard(rows: list[Row], folder: Path) -> None:
    """As Stable-Baselines3 does: the step is the number of transitions, which is no tag of its own."""
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder)) as writer:
        for row in rows:
            step = int(float(row[STEP]))
            for key, text in row.items():
                if key not in (STEP, "time/iterations", "time/time_elapsed", "time/episodes"):
                    writer.add_scalar(key, float(text), step, walltime=float(row.get("time/time_elapsed", 0)))
