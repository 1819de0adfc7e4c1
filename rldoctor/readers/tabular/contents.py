"""What one source file gives to a run: series, settings and notes."""

from __future__ import annotations

import re
from dataclasses import field

import numpy as np

from rldoctor.model.raw import Note, RawRun, RawSeries, RawSetting
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass
from rldoctor.readers.tabular.cells import Column
from rldoctor.readers.tabular.table import Table

# Text columns that say which process wrote the row, not how the training was set up.
_IDENTITY = pattern(
    r"(^|[/_])(date|time|timestamp|host(name)?|node(_ip|_id)?|ip|pid|(trial|experiment|run)(_id|_tag|_name)?|"
    r"log_path|trial_log_path|path|dir|uuid|id)$",
    re.IGNORECASE,
)
_LONGEST_SETTING = 200


@dataclass(slots=True)
class Contents:
    """Series, settings and notes read from ``files``."""

    series: list[RawSeries] = field(default_factory=list)
    settings: list[RawSetting] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def into(self, run: RawRun) -> None:
        """Add everything to ``run``."""
        run.series.extend(self.series)
        run.settings.extend(self.settings)
        run.notes.extend(self.notes)
        run.files.extend(self.files)


def contents(table: Table) -> Contents:
    """The numeric columns as row-axis series, constant words as settings, the rest as notes."""
    found = Contents(notes=list(table.notes), files=[table.source])
    found.series = [row_series(part, table.source) for part in table.columns if _is_series(part)]
    found.series += table.series
    _note_blank(table, found)
    _note_repaired(table, found)
    _texts(table, found)
    return found


def _is_series(part: Column) -> bool:
    """RLlib's ``hist_stats`` are episode histories, one list per row, even where a list has one element."""
    return part.numeric and not part.name.startswith("hist_stats/")


def row_series(part: Column, source: str) -> RawSeries:
    """A column on the row axis of its file."""
    return RawSeries(part.name, part.rows, part.values, source=source, axis="row")


def _note_blank(table: Table, found: Contents) -> None:
    if table.rows == 0 and not table.series:
        found.notes.append(Note("no-rows", f"{table.source}: a header and no rows", "warning"))
        return
    blank = tuple(part.name for part in table.columns if not part.values.size and not part.bad)
    if blank:
        found.notes.append(Note("blank-column", f"{table.source}: never filled: {_names(blank)}", tags=blank))
    # Said apart from a blank column: here something was computed, and it was NaN from the first row on.
    nan = tuple(part.name for part in table.columns if part.numeric and bool(np.isnan(part.values).all()))
    if nan:
        found.notes.append(Note("all-nan", f"{table.source}: only NaN: {_names(nan)}", "warning", nan))


def _note_repaired(table: Table, found: Contents) -> None:
    for part in table.columns:
        if _is_series(part) and part.bad:
            sample = ", ".join(repr(text[:40]) for text in part.texts)
            text = f"{table.source}: {part.name}: {part.bad} cells are no numbers ({sample}), skipped"
            found.notes.append(Note("bad-cells", text, "warning", (part.name,), lost=True))
        if part.coerced and _is_series(part):
            text = (
                f"{table.source}: {part.name}: {part.coerced} cells read out of a wrapper such as tensor(...)"
            )
            found.notes.append(Note("coerced-cells", text, "info", (part.name,)))


def _texts(table: Table, found: Contents) -> None:
    other: list[str] = []
    for part in table.columns:
        if _is_series(part) or not (part.bad or part.values.size):
            continue
        # ``texts`` are distinct ones: a single one means the same word in every row, as of a setting.
        if len(part.texts) == 1 and not part.values.size and _like_setting(part.name, part.texts[0]):
            found.settings.append(RawSetting(part.name, part.texts[0], table.source))
        else:
            other.append(part.name)
    if other:
        text = f"{table.source}: text columns, not read as metrics: {_names(other)}"
        found.notes.append(Note("text-column", text, tags=tuple(other)))


def _like_setting(name: str, text: str) -> bool:
    return len(text) <= _LONGEST_SETTING and not text.startswith(("[", "{")) and not _IDENTITY.search(name)


def _names(names: list[str] | tuple[str, ...]) -> str:
    shown = ", ".join(names[:6])
    return shown if len(names) <= 6 else f"{shown} and {len(names) - 6} more"
