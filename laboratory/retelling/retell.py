"""Finished runs written again as a home-made program would: other names, no library, no monitor files.

A diagnosis that holds for one logger only is none. The numbers stay what they were, so what is said of a
retold run and not of the run itself, or the other way round, is about the logger.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from laboratory.mutants.packing import LABELS
from rldoctor import load
from rldoctor.readers.tensorboard import read_scalars

TABLE = Path(__file__).with_name("home_made.yaml")
Row = Mapping[str, Any]


def retell(out: Path, into: Path, *, bare: bool = False) -> str:
    """Write every run of ``out`` that has a log into ``into``, with its label; returns a summary.

    ``bare``: return, steps and losses only, and neither environment nor settings.
    """
    table = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    (into / LABELS).mkdir(parents=True, exist_ok=True)
    count = 0
    for path in sorted((out / LABELS).glob(f"r{'[0-9a-f]' * 8}.json")):
        label = json.loads(path.read_text(encoding="utf-8"))
        rows = rows_of(out / label["folder"], table["step"])
        if rows:
            count += 1
            _write(into / label["folder"], rows, table, bare=bare)
            if not bare:
                _settings(out / label["folder"], into / label["folder"], label, table["settings"])
    # The measured outcomes and the returns of random actions are those of the runs themselves.
    for path in (out / LABELS).glob("*.json"):
        shutil.copyfile(path, into / LABELS / path.name)
    return f"{count} runs -> {into}"


def rows_of(folder: Path, step: str) -> list[Row]:
    """The rows of a run: of its CSV file, else one for each step of its event files."""
    tables = sorted(folder.rglob("progress.csv"))
    if tables:
        with tables[0].open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    rows: dict[int, dict[str, Any]] = {}
    for path in sorted(folder.rglob("*tfevents*")):
        for tag, points in read_scalars(path).items():
            for at, value in zip(points.steps.tolist(), points.values.tolist(), strict=True):
                rows.setdefault(int(at), {step: int(at)})[tag] = value
    return [rows[at] for at in sorted(rows)]


def _write(folder: Path, rows: Iterable[Row], table: Mapping[str, Any], *, bare: bool) -> None:
    rows = list(rows)
    logged = {tag for row in rows for tag, value in row.items() if value not in (None, "")}
    wanted = table["bare"] if bare else table["columns"]
    tags = [tag for tag in table["columns"] if tag in logged and tag in wanted]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / table["file"]).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([_column(table["columns"][tag]) for tag in tags])
        writer.writerows([_cell(row.get(tag), table["columns"][tag]) for tag in tags] for row in rows)


def _column(entry: str | Mapping[str, Any]) -> str:
    return entry if isinstance(entry, str) else str(entry["column"])


def _cell(value: Any, entry: str | Mapping[str, Any]) -> Any:
    if value in (None, ""):
        return ""
    return value if isinstance(entry, str) or not entry.get("minus") else -float(value)


def _settings(source: Path, folder: Path, label: Row, names: Mapping[str, str]) -> None:
    """``args.json``: environment, algorithm and seed, and what the run's own configuration states."""
    told = {"env": label["env"], "algorithm": label["algo"], "seed": label["seed"]}
    for run in load(source).runs[:1]:
        # What the library does by default is known of it alone.
        known = {name: knob for name, knob in run.config.knobs.items() if "default" not in knob.source}
        told |= {names[name]: knob.value for name, knob in known.items() if name in names}
    (folder / "args.json").write_text(json.dumps(told), encoding="utf-8")
