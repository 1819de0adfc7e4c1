"""One ``.wandb`` file as a raw run: history, last values, configuration, name and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

import numpy as np

from rldoctor.errors import ReadError
from rldoctor.files import open_regular
from rldoctor.model.raw import Note, RawRun, RawSeries, RawSetting
from rldoctor.plain_data import dataclass
from rldoctor.readers.config_files.flatten import TooManySettingsError, flatten
from rldoctor.readers.limits import SERIES
from rldoctor.readers.wandb.frames import FrameDamage, records
from rldoctor.readers.wandb.history import History, numbers
from rldoctor.readers.wandb.messages import (
    CONFIG,
    EXIT,
    HISTORY,
    METRIC,
    RUN,
    SUMMARY,
    NoMessageError,
    Value,
    fields,
    item,
    items,
    plain,
    signed,
)

# What W&B itself keeps in the configuration and the summary.
OWN = "_wandb"
_NUM, _UPDATE, _REMOVE = 1, 1, 2
# RunRecord: which field is which setting; tags are several.
_NAMES = {1: "id", 3: "project", 6: "group", 7: "job_type", 8: "name", 9: "description", 12: "sweep"}
_RUN_CONFIG, _RUN_SUMMARY, _RUN_TAGS = 4, 5, 10
_STEP_METRIC = 4


@dataclass(slots=True)
class LogContents:
    """What the records of one file said, taken up one by one."""

    history: History = field(default_factory=History)
    config: dict[str, Any] = field(default_factory=dict)
    summary: dict[bytes, object] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    exit_code: int | None = None
    step_metrics: dict[str, int] = field(default_factory=dict)
    bad: int = 0
    first: int = 0
    last: int = 0
    taken: int = 0

    def take(self, record: bytes) -> None:
        """One record; one that is no message is counted."""
        try:
            for number, value in fields(record):
                if number == _NUM and isinstance(value, int):
                    self._count(value)
                elif isinstance(value, bytes):
                    self._part(number, value)
        except NoMessageError:
            self.bad += 1

    def _count(self, number: int) -> None:
        self.first = self.first or number
        self.last, self.taken = number, self.taken + 1

    def _part(self, number: int, data: bytes) -> None:
        if number == HISTORY:
            self.history.add(data)
        elif number == SUMMARY:
            # Written after every row: only what is left of it at the end is decoded.
            self.summary.update(items(data))
        elif number == CONFIG:
            _update(self.config, data)
        elif number == METRIC:
            for name in (value for number, value in fields(data) if number == _STEP_METRIC):
                text = name.decode("utf-8", "replace") if isinstance(name, bytes) else ""
                self.step_metrics[text] = self.step_metrics.get(text, 0) + 1
        elif number == RUN:
            self._run(data)
        elif number == EXIT:
            self.exit_code = _exit_code(data)

    def _run(self, data: bytes) -> None:
        for number, value in fields(data):
            if number == _RUN_CONFIG and isinstance(value, bytes):
                _update(self.config, value)
            elif number == _RUN_SUMMARY and isinstance(value, bytes):
                self.summary.update(items(value))
            elif number == _RUN_TAGS and isinstance(value, bytes):
                self.tags.append(value.decode("utf-8", "replace"))
            elif number in _NAMES and isinstance(value, bytes):
                self.names[_NAMES[number]] = value.decode("utf-8", "replace")

    def missing(self) -> int:
        """Records that the numbering says were written, and that are not there."""
        return max(self.last - self.first + 1 - self.taken, 0) if self.first else 0


def _exit_code(data: bytes) -> int:
    code: Value = next((value for number, value in fields(data) if number == 1), 0)
    return signed(code) if isinstance(code, int) else 0


def _update(target: dict[str, Any], data: bytes) -> None:
    """Set or remove what a record of the configuration says."""
    for number, value in fields(data):
        if not isinstance(value, bytes):
            continue
        name, found = item(value)
        key = name.decode("utf-8", "replace")
        if number == _UPDATE and not key.startswith(OWN):
            target[key] = plain(found)
        elif number == _REMOVE:
            target.pop(key, None)


def read_binary(path: Path) -> RawRun:
    """The run in a ``.wandb`` file, id ``""``; damage is noted. ReadError when it holds no record at all."""
    damage, found = FrameDamage(), LogContents()
    try:
        with open_regular(path) as stream:
            for record in records(stream, damage):
                found.take(record)
    except OSError as error:
        raise ReadError(f"{path}: cannot be read: {error.strerror or error}") from error
    if not found.taken and not found.history.rows:
        raise _nothing(path, damage)
    run = RawRun("", path.parent, "wandb", found.history.series(path.name), files=[path.name])
    run.settings = [*_settings(found.config, path.name), *_named(found, path.name)]
    run.series += _only_last(found, path.name, run.notes)
    run.notes += _notes(path.name, found, damage)
    if all(part.tag.startswith("_") for part in run.series):
        ended = "; ".join(note.text.partition(": ")[2] for note in run.notes if note.code != "last-values")
        raise ReadError(
            f"{path}: a W&B run in which no metric was logged{f' ({ended})' if ended else ''}",
            hint="Was wandb.log called in this run?",
        )
    return run


def _nothing(path: Path, damage: FrameDamage) -> ReadError:
    if damage.header:
        return ReadError(f"{path}: not a W&B log: it does not begin with ':W&B', and no record is readable")
    text = f"{path}: a W&B log without a record: the program ended before anything was written"
    return ReadError(text, hint="Nothing can be recovered from it; look for another run in wandb/.")


def _settings(config: Mapping[str, Any], source: str) -> list[RawSetting]:
    try:
        return flatten(config, lambda _: source)
    except TooManySettingsError:
        return []


def _named(found: LogContents, source: str) -> list[RawSetting]:
    """``run.name`` and its kin, as far as they are set."""
    named: dict[str, object] = {key: value for key, value in found.names.items() if value}
    tags: dict[str, object] = {"tags": list(dict.fromkeys(found.tags))} if found.tags else {}
    return [RawSetting(f"run.{key}", value, source) for key, value in {**named, **tags}.items()]


def _only_last(found: LogContents, source: str, notes: list[Note]) -> list[RawSeries]:
    """Last values that no row of the history has (``run.summary[...] = ...``): one point at the last row."""
    kept = {name.decode("utf-8", "replace") for name in found.history.columns}
    left = {name: value for name, value in found.summary.items() if name not in found.history.columns}
    shown = {name.decode("utf-8", "replace"): plain(value) for name, value in sorted(left.items())}
    other: set[str] = set()
    points = [
        pair for key, value in shown.items() if not key.startswith(OWN) for pair in numbers(key, value, other)
    ]
    # ``define_metric(summary="max")`` writes ``loss.max``: of a metric that is there.
    fresh = [(tag, value) for tag, value in points if tag not in kept and tag.rpartition(".")[0] not in kept]
    if not found.history.rows and fresh:
        text = f"{source}: no history, only the last value of each metric"
        notes.append(Note("last-values", text, "warning"))
    row = np.array([max(found.history.rows - 1, 0)], dtype=np.float64)
    return [RawSeries(tag, row, np.array([value]), source=source, axis="row") for tag, value in fresh]


def _notes(name: str, found: LogContents, damage: FrameDamage) -> list[Note]:
    return [*_damage_notes(name, found, damage), *_state_notes(name, found, damage)]


def _damage_notes(name: str, found: LogContents, damage: FrameDamage) -> list[Note]:
    notes = []
    lost = found.missing() + found.bad
    if damage.header:
        text = f"{name}: does not begin as a W&B log does; read on"
        notes.append(Note("damaged-header", text, "warning", lost=True))
    if damage.places or lost:
        text = f"{name}: {damage.size:,} bytes in {damage.places} places are damaged; {lost:,} of "
        text += (
            f"{found.taken + found.missing():,} records are lost, what stands before and after them is read"
        )
        notes.append(Note("damaged-records", text, "warning", lost=True))
    if found.history.beyond:
        text = (
            f"{name}: more than {SERIES:,} metrics; {found.history.beyond:,} numbers of others are left out"
        )
        notes.append(Note("metrics-left-out", text, "warning", lost=True))
    if damage.cut:
        text = f"{name}: ends inside a record, which is skipped"
        notes.append(Note("truncated-file", text, "warning", lost=True))
    return notes


def _state_notes(name: str, found: LogContents, damage: FrameDamage) -> list[Note]:
    notes = []
    # The one that most metrics are defined over.
    if step := max(found.step_metrics, key=lambda one: found.step_metrics[one], default=""):
        notes.append(Note("step-metric", f"{name}: metrics are defined over {step}", tags=(step,)))
    if media := _tops(found.history.other):
        shown = ", ".join(media[:6]) + (f" and {len(media) - 6} more" if len(media) > 6 else "")
        notes.append(Note("wandb-not-scalar", f"{name}: no numbers, left out: {shown}", tags=tuple(media)))
    if found.exit_code:
        text = f"{name}: the program ended with exit code {found.exit_code}"
        notes.append(Note("wandb-exit-code", text, "warning"))
    if found.exit_code is None:
        text = f"{name}: the run was never finished: it was killed, or was still being written"
        # Whether rows are missing at the end, nobody can tell.
        notes.append(Note("wandb-not-finished", text, lost=True))
    return notes


def _tops(names: set[str]) -> list[str]:
    """The names that lie below no other (``hist`` of ``hist`` and ``hist.bins``)."""
    parents = tuple(f"{name}." for name in names)
    return sorted(name for name in names if not name.startswith(parents))
