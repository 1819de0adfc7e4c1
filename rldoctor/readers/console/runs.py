"""Console text as raw runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rldoctor.errors import ReadError
from rldoctor.model.raw import Note, RawRun, RawSeries, RawSetting
from rldoctor.patterns import pattern
from rldoctor.readers.console.blocks import Blocks, Row
from rldoctor.readers.console.counters import counter_of
from rldoctor.readers.console.dicts import dict_row
from rldoctor.readers.console.lines import BLOCK, LINE
from rldoctor.readers.console.rows import Joined, joined
from rldoctor.readers.tabular.decode import decode, read_text

FORMAT = "console"
# The last value of every metric, all that W&B keeps in plain text where the history goes to its server.
SUMMARY = "wandb-summary.json"
_OWN = "_wandb"
# Files in which ``name: number`` is a setting.
_SETTINGS = (".yaml", ".yml", ".toml", ".json", ".py", ".ini", ".cfg", ".xml", ".html")
# What a training prints and no configuration holds.
_RESULT = pattern(
    r"(^|[\W_])(rew|rewards?|returns?|score|loss|kl|success|eprewmean|averageepret|fps|entropy)($|[\W_])", 2
)


def read_console(directory: Path, name: str) -> list[RawRun]:
    """The run in a file of console text, or one run per behaviour that trained in the same process.

    ReadError when there is no block, line or dict with numbers in it.
    """
    path = directory / name
    text, notes = read_text(path)
    if name == SUMMARY:
        return [_run("", directory, name, [_summary(text, path)], [*notes, _last_values(name)], [])]
    found = Blocks().take(text.split("\n"))
    rows = _without_settings(joined(found.rows), found.settings)
    if not _is_log(rows, path.suffix.lower()):
        raise ReadError(f"{path}: no block, line or dict of printed metrics")
    notes += _notes(name, rows, found.skipped)
    settings = [RawSetting(key, _plain(value), name) for key, value in found.settings.items()]
    groups = {row.group for row in rows.rows if row.group}
    if len(groups) < 2:
        return [_run("", directory, name, rows.rows, notes, settings)]
    return [
        _run(group, directory, name, [row for row in rows.rows if row.group == group], notes, settings)
        for group in sorted(groups)
    ]


def _summary(text: str, path: Path) -> Row:
    values = {key: value for key, value in dict_row(text).items() if not key.startswith(f"{_OWN}/")}
    if not values:
        raise ReadError(f"{path}: it holds no last values", hint="W&B writes them when a run ends or syncs.")
    return Row(values, LINE)


def _last_values(name: str) -> Note:
    text = f"{name}: only the last value of each metric; export the history from W&B to judge curves"
    return Note("last-values", text, "warning")


def printed(head: bytes, path: Path) -> bool:
    """Whether the first bytes of a file are console text with metrics in it."""
    try:
        text, _ = decode(head, path)
    except ReadError:
        return False
    return _is_log(joined(Blocks().take(text.split("\n")).rows), path.suffix.lower())


def _without_settings(found: Joined, settings: dict[str, float]) -> Joined:
    """Blocks that stand between counted rows and tell no result are the settings, printed once."""
    if not found.counted:
        return found
    kept = []
    for row in found.rows:
        if row.kind != BLOCK or counter_of(row.values) or any(map(_RESULT.search, row.values)):
            kept.append(row)
        else:
            settings.update({key: value for key, value in row.values.items() if key not in settings})
    return Joined(kept, found.repeated, found.counted)


def _plain(value: float) -> float | int:
    return int(value) if value.is_integer() else value


def _is_log(found: Joined, suffix: str) -> bool:
    """Whether the rows are those of a training: more than one number, and no list of settings."""
    rows = [row for row in found.rows if len(row.values) > 1]
    if not rows:
        return False
    if suffix in _SETTINGS and not (found.counted and len(rows) > 1):
        return False
    if found.counted or len(rows) > 1 or rows[0].kind != BLOCK:
        return True
    return any(_RESULT.search(name) for name in rows[0].values)


def _notes(name: str, found: Joined, skipped: int) -> list[Note]:
    count = len(found.rows)
    text = f"{name}: read as console text: {count:,} {'rows' if count > 1 else 'row'}"
    text += f", {skipped:,} other lines skipped" if skipped else ""
    text += f", {found.repeated:,} repeated blocks left out" if found.repeated else ""
    notes = [Note("console-text", text)]
    if not found.counted:
        text = f"{name}: no step, iteration or episode is printed: the rows are numbered instead (assumed)"
        notes.append(Note("rows-numbered", text, "warning"))
    return notes


def _run(
    label: str,
    directory: Path,
    name: str,
    rows: Sequence[Row],
    notes: Sequence[Note],
    settings: Sequence[RawSetting],
) -> RawRun:
    cells: dict[str, tuple[list[int], list[float]]] = {}
    for position, row in enumerate(rows):
        for tag, value in row.values.items():
            places, values = cells.setdefault(tag, ([], []))
            places.append(position)
            values.append(value)
    series = [
        RawSeries(tag, np.array(places, np.float64), np.array(values, np.float64), source=name, axis="row")
        for tag, (places, values) in cells.items()
    ]
    return RawRun(label, directory, FORMAT, series, list(settings), list(notes), [name])
