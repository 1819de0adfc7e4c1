"""The reader's two entry points: is this the database of a tracker, and which runs does it hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rldoctor.model.raw import RawRun

ENDS = (".db", ".sqlite", ".sqlite3")


class SqliteReader:
    """Reads ``mlflow.db`` and trackio's ``<project>.db``, whatever they are called. Never writes."""

    name = "sqlite"
    repository = True

    def claims(self, directory: Path, names: Sequence[str]) -> list[str]:
        """Databases with the tables of MLflow or of trackio; one that cannot be read is said."""
        from rldoctor.readers.sqlite.databases import kind_of
        from rldoctor.readers.sqlite.opened import is_database

        ours = [name for name in names if name.endswith(ENDS) and is_database(directory / name)]
        return [name for name in ours if kind_of(directory / name)]

    def read(self, directory: Path, names: Sequence[str]) -> list[RawRun]:
        """Every run with a metric, oldest first; its id is its name. ReadError when a database has none."""
        from rldoctor.readers.isolate import read_each
        from rldoctor.readers.sqlite.databases import read_database

        return read_each(names, lambda name: read_database(directory / name))
