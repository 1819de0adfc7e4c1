"""The reader for tables: CSV, TSV, JSON lines, monitor files and ``evaluations.npz``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rldoctor.model.raw import RawRun
from rldoctor.readers.tabular.names import (
    SCALARS,
    SCORES,
    is_document_name,
    is_free_table,
    is_json,
    is_member,
)


class TabularReader:
    """Reads the tables of a directory: one run of its well-known files, one run per other table."""

    name = "table"

    def claims(self, directory: Path, names: Sequence[str]) -> list[str]:
        """Well-known logs by name, other ``*.csv``, ``*.tsv``, ``*.jsonl`` by their first lines."""
        return [name for name in names if _claimed(directory, name) or _document(directory, name, names)]

    def read(self, directory: Path, names: Sequence[str]) -> list[RawRun]:
        """The directory's own run first (id ``""``), then one run per other table (id: its file name)."""
        from rldoctor.readers.tabular.runs import read_tables

        return read_tables(directory, names)


def _claimed(directory: Path, name: str) -> bool:
    # The name first: it costs nothing and rules out nearly everything, before any system call.
    if name == SCALARS:
        from rldoctor.readers.tabular.scalars_dir import is_scalars_dir

        return is_scalars_dir(directory / name)
    own, free = is_member(name), is_free_table(name)
    if not (own or free) or not (directory / name).is_file():
        return False
    # A log by its name alone, so that a damaged one is an error and not silence. ``.json`` names are shared
    # with much that is no log, and so is ``scores.txt``.
    if own and not is_json(name) and name != SCORES:
        return True
    from rldoctor.readers.tabular.first_lines import begins_with_object, promising

    return begins_with_object(directory / name) if is_json(name) else promising(directory / name)


def _document(directory: Path, name: str, names: Sequence[str]) -> bool:
    """Whether a ``.json`` file is one document that holds a log: by its name and its first characters."""
    if not is_document_name(name, names):
        return False
    from rldoctor.readers.tabular.first_lines import begins_document

    return begins_document(directory / name)
