"""The tables of a directory as raw runs: one of its well-known files together, one per other table."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from rldoctor.errors import ReadError
from rldoctor.model.raw import Note, RawRun
from rldoctor.readers.base import PartlyReadError
from rldoctor.readers.tabular.contents import contents
from rldoctor.readers.tabular.continued import continues, later_parts
from rldoctor.readers.tabular.members import read_members, read_rows
from rldoctor.readers.tabular.names import SCALARS, is_json, is_member, is_monitor


def read_tables(directory: Path, names: Sequence[str]) -> list[RawRun]:
    """See :meth:`rldoctor.readers.tabular.reader.TabularReader.read`."""
    # Decided here, not by ``claims``: what is called a monitor is claimed whatever is in it.
    other = [name for name in names if is_monitor(name) and is_other_table(directory / name)]
    members = [name for name in names if name not in other and (is_member(name) or name == SCALARS)]
    members += _continuing(directory, members, names)
    # By id, to find the earlier parts of a run: one directory may hold thousands of tables.
    found: dict[str, RawRun] = {}
    errors: list[ReadError] = []
    if members:
        _collect(found, errors, lambda: [read_members(directory, members)])
    for name in names:
        if name not in members:
            _collect(found, errors, partial(_free_runs, directory, name))
    runs = list(found.values())
    if errors:
        raise PartlyReadError(runs, errors) if found else errors[0]
    return runs


def is_other_table(path: Path) -> bool:
    """Whether a file that is called a monitor is another log: nothing of a monitor's header is in it."""
    from rldoctor.readers.tabular.first_lines import head, names_of, promising

    text = head(path)
    # A damaged monitor file stays one: its numbers under other names would be wrong.
    damaged = text.startswith("#") or "t_start" in text or re.search(r"^r,l,t\b", text, re.MULTILINE)
    names = names_of(text)
    return bool(names) and not damaged and not {"r", "l"} <= set(names) and promising(path)


def _continuing(directory: Path, members: Sequence[str], names: Sequence[str]) -> list[str]:
    """``progress_1.csv`` where it goes on with ``progress.csv``; one that starts anew is another run."""
    found = []
    for name in members:
        if later := later_parts(name, names):
            found += [one for one in later if _goes_on(directory / name, directory / one)]
    return found


def _goes_on(first: Path, later: Path) -> bool:
    try:
        return continues(read_rows(first), read_rows(later))
    except ReadError:
        return False


def _collect(found: dict[str, RawRun], errors: list[ReadError], read: Callable[[], list[RawRun]]) -> None:
    try:
        runs = read()
    except ReadError as error:
        errors.append(error)
        return
    for run in runs:
        _add(found, run)


def _add(found: dict[str, RawRun], run: RawRun) -> None:
    """Append a run; parts of one W&B run exported into several files are one run."""
    same = found.setdefault(run.id, run)
    if same is run:
        return
    same.series.extend(run.series)
    same.notes.extend(run.notes)
    same.files.extend(run.files)


def _free_runs(directory: Path, name: str) -> list[RawRun]:
    # Only here, as a run's own tables are known by their names.
    from rldoctor.readers.tabular.first_lines import head
    from rldoctor.readers.tabular.long_form import by_metric
    from rldoctor.readers.tabular.monitor import looks_like_monitor, read_monitors
    from rldoctor.readers.tabular.seeds import by_seed
    from rldoctor.readers.tabular.wandb_export import is_wandb_export, split_runs

    # Monitor files that were renamed; under their own name they belong to the directory's run.
    if looks_like_monitor(head(directory / name)):
        run = RawRun(name, directory, "monitor")
        read_monitors(directory, [name]).into(run)
        return [run]
    table = read_rows(directory / name)
    if is_monitor(name):
        text = f"{name}: no monitor file of Stable-Baselines3 (it lacks the columns r and l), read as a table"
        table.notes.append(Note("other-monitor", text))
    if is_wandb_export(table.names):
        parts = split_runs(table)
    elif not is_json(name) and (metrics := by_metric(table, directory / name)) is not None:
        parts = {f"{Path(name).stem}:{label}" if label else name: part for label, part in metrics.items()}
    elif (seeds := by_seed(table)) is not None:
        parts = {f"{Path(name).stem}:{seed}": contents(part) for seed, part in seeds.items()}
    else:
        parts = {name: contents(table)}
    runs = [RawRun(label, directory, "json" if is_json(name) else "csv") for label in parts]
    for run, part in zip(runs, parts.values(), strict=True):
        part.into(run)
    return runs
