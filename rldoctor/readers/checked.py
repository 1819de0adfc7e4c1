"""What readers hand over, held to what the rest of the program relies on: forms, sizes, numbers.

Done for every reader, also for those of other packages. What does not fit is left out or cut, and said.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from rldoctor.errors import ReadError
from rldoctor.model.raw import Note, RawRun, RawSeries, RawSetting
from rldoctor.plain_data import replace
from rldoctor.readers.limits import NAME, RUNS, SERIES, SETTING_TEXT, SETTINGS
from rldoctor.redaction import hidden_text, hide

# Beyond these a whole number is no float any more, and no setting of a training.
_LARGEST = 10**300
_SHOWN = 3


def check_runs(runs: Any, directory: Path) -> tuple[list[RawRun], list[ReadError]]:
    """The runs in their proper form, and an error for what is none. Raises TypeError where it is no list."""
    errors: list[ReadError] = []
    found = [run for run in runs if isinstance(run, RawRun)]
    if len(found) < len(runs):
        errors.append(ReadError(f"{directory}: {len(runs) - len(found)} results of a reader are no runs"))
    if len(found) > RUNS:
        errors.append(
            ReadError(f"{directory}: {len(found):,} runs in one place; the first {RUNS:,} are read")
        )
    for run in found[:RUNS]:
        _check_series(run)
    return found[:RUNS], errors


def _check_series(run: RawRun) -> None:
    if all(map(_proper, run.series)) and len(run.series) <= SERIES:
        return
    kept: list[RawSeries] = []
    lost: list[str] = []
    for one in run.series:
        made = _mended(one)
        if made is None or len(kept) == SERIES:
            lost.append(str(getattr(one, "tag", one))[:NAME])
        else:
            kept.append(made)
    run.series = kept
    if lost:
        shown = ", ".join(lost[:_SHOWN]) + (f" and {len(lost) - _SHOWN:,} more" if len(lost) > _SHOWN else "")
        text = f"{len(lost):,} metrics without steps and values of one length, or beyond {SERIES:,}: {shown}"
        run.notes.append(Note("metrics-left-out", text, "warning", tuple(lost[:_SHOWN]), lost=True))


def _proper(one: Any) -> bool:
    if not isinstance(one, RawSeries):
        return False
    arrays = (one.steps, one.values) if one.wall is None else (one.steps, one.values, one.wall)
    return len(one.tag) <= NAME and all(
        type(array) is np.ndarray
        and array.ndim == 1
        and array.dtype == np.float64
        and len(array) == len(one.steps)
        for array in arrays
    )


def _mended(one: Any) -> RawSeries | None:
    """The series with arrays as they have to be and a tag that can be shown, or None where that cannot be."""
    try:
        steps, values = (np.asarray(part, dtype=np.float64) for part in (one.steps, one.values))
        wall = None if one.wall is None else np.asarray(one.wall, dtype=np.float64)
        tag = str(one.tag)
    except (ValueError, TypeError, OverflowError, AttributeError):
        return None
    if steps.ndim != 1 or steps.shape != values.shape:
        return None
    tag = tag if len(tag) <= NAME else f"{tag[: NAME - 1]}\u2026"
    times = wall if wall is not None and wall.shape == steps.shape else None
    return RawSeries(tag, steps, values, times, one.context, one.source, one.axis)


def check_settings(run: RawRun) -> None:
    """Settings that can be compared and shown: too large ones become words, secrets are hidden."""
    if len(run.settings) > SETTINGS:
        text = f"{len(run.settings):,} settings: more than any configuration; the first {SETTINGS:,} are read"
        run.notes.append(Note("settings-left-out", text, "warning", lost=True))
        run.settings = run.settings[:SETTINGS]
    run.settings = [_checked(setting, run.notes) for setting in run.settings]
    run.notes = [_shown(note) for note in run.notes]


def checked_settings(settings: Iterable[RawSetting]) -> tuple[list[RawSetting], list[Note]]:
    """As :func:`check_settings` for settings that belong to no run yet, with the notes."""
    notes: list[Note] = []
    return [_checked(setting, notes) for setting in settings], notes


def _checked(setting: RawSetting, notes: list[Note]) -> RawSetting:
    key, value = setting.key[:NAME], setting.value
    made = _plain(value)
    if made is not value:
        text = f"{setting.source}: {key}: too large for the value of a setting, left out"
        notes.append(Note("setting-too-large", text, "warning", lost=True))
    made = hide(key, made)
    return setting if made is value and key == setting.key else RawSetting(key, made, setting.source)


def _shown(note: Note) -> Note:
    text = hidden_text(note.text)
    return note if text == note.text else replace(note, text=text)


def _plain(value: object) -> object:
    if isinstance(value, bool | float) or value is None:
        return value
    if isinstance(value, int):
        return value if -_LARGEST < value < _LARGEST else f"<a whole number of {value.bit_length():,} bits>"
    if isinstance(value, str):
        return value if len(value) <= SETTING_TEXT else f"<a text of {len(value):,} characters>"
    if isinstance(value, list | tuple) and any(
        isinstance(part, int) and _plain(part) is not part for part in value
    ):
        return [_plain(part) for part in value]
    return value
