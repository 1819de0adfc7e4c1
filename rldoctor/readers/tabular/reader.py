"""The reader for tables: CSV, TSV, JSON lines, monitor files and ``evaluations.npz``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rldoctor.errors import ReadError
from rldoctor.model.raw import Note, RawRun
from rldoctor.readers.tabular.cells import number
from rldoctor.readers.tabular.contents import contents
from rldoctor.readers.tabular.dialect import sniff, split
from rldoctor.readers.tabular.documents import is_document_name, opens_like_document
from rldoctor.readers.tabular.jsonlines import first_object
from rldoctor.readers.tabular.members import read_members, read_rows
from rldoctor.readers.tabular.monitor import looks_like_monitor, read_monitors
from rldoctor.readers.tabular.names import is_free_table, is_json, is_member
from rldoctor.readers.tabular.scalars_dir import NAME as SCALARS
from rldoctor.readers.tabular.scalars_dir import is_scalars_dir
from rldoctor.readers.tabular.seeds import by_seed
from rldoctor.readers.tabular.wandb_export import is_wandb_export, split_runs

_PEEK = 65_536
_PEEK_JSON = 4_096


class TabularReader:
    """Reads the tables of a directory: one run of its well-known files, one run per other table."""

    name = "table"

    def claims(self, directory: Path, names: Sequence[str]) -> list[str]:
        """Well-known logs by name, other ``*.csv``, ``*.tsv``, ``*.jsonl`` by their first lines."""
        return [name for name in names if _claimed(directory, name) or _document(directory, name, names)]

    def read(self, directory: Path, names: Sequence[str]) -> list[RawRun]:
        """The directory's own run first (id ``""``), then one run per other table (id: its file name)."""
        members = [name for name in names if is_member(name) or name == SCALARS]
        found: list[RawRun] = []
        errors: list[ReadError] = []
        if members:
            _collect(found, errors, directory, members)
        for name in names:
            if name not in members:
                _collect(found, errors, directory, [name])
        if not found and errors:
            raise errors[0]
        for error in errors:
            found[0].notes.append(Note("unreadable-file", str(error), "warning"))
        return found


def _collect(found: list[RawRun], errors: list[ReadError], directory: Path, names: list[str]) -> None:
    try:
        own = is_member(names[0]) or names[0] == SCALARS
        runs = [read_members(directory, names)] if own else _free_runs(directory, names[0])
    except ReadError as error:
        errors.append(error)
        return
    for run in runs:
        _add(found, run)


def _add(found: list[RawRun], run: RawRun) -> None:
    """Append a run; parts of one W&B run exported into several files are one run."""
    same = next((kept for kept in found if run.id and kept.id == run.id), None)
    if same is None:
        found.append(run)
        return
    same.series.extend(run.series)
    same.notes.extend(run.notes)
    same.files.extend(run.files)


def _free_runs(directory: Path, name: str) -> list[RawRun]:
    if looks_like_monitor(_head(directory / name)):
        run = RawRun(name, directory, "monitor")
        read_monitors(directory, [name]).into(run)
        return [run]
    table = read_rows(directory / name)
    if is_wandb_export(table.names):
        parts = split_runs(table)
    elif (seeds := by_seed(table)) is not None:
        parts = {f"{Path(name).stem}:{seed}": contents(part) for seed, part in seeds.items()}
    else:
        parts = {name: contents(table)}
    runs = [RawRun(label, directory, "json" if is_json(name) else "csv") for label in parts]
    for run, part in zip(runs, parts.values(), strict=True):
        part.into(run)
    return runs


def _claimed(directory: Path, name: str) -> bool:
    path = directory / name
    if name == SCALARS:
        return is_scalars_dir(path)
    if not path.is_file():
        return False
    if is_json(name):
        return (is_member(name) or is_free_table(name)) and _json_numbers(path)
    return is_member(name) or (is_free_table(name) and _promising(path))


def _document(directory: Path, name: str, names: Sequence[str]) -> bool:
    """Whether a ``.json`` file is one document that holds a log: by its name and its first characters."""
    return is_document_name(name, names) and opens_like_document(_head(directory / name)[:_PEEK_JSON])


def _json_numbers(path: Path) -> bool:
    """Whether the first line is an object (or the file is empty: worth an error, not silence)."""
    try:
        return path.stat().st_size == 0 or bool(first_object(path))
    except OSError:
        return True


def _promising(path: Path) -> bool:
    """Whether a table has a header of names and a first row with a number."""
    head = _head(path)
    if looks_like_monitor(head):
        return True
    lines = [line for line in head.splitlines() if line.strip()]
    dialect = sniff(lines[:20])
    if dialect is None or dialect.headerless or len(lines) < 2:
        return False
    return any(number(cell) is not None for cell in split([lines[1]], dialect.delimiter)[0])


def _head(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            return file.read(_PEEK)
    except OSError:
        return ""
