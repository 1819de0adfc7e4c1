"""A SQLite database opened so that nothing in its folder changes.

A connection of SQLite writes even where it only reads: in WAL mode it makes ``-wal`` and ``-shm`` files, and
what a crashed writer left (``-wal``, ``-journal``) is played into the database. So a database without such
files is opened as immutable, and one with them is copied, with them, into a temporary folder.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rldoctor.errors import ReadError
from rldoctor.files import read_start
from rldoctor.model.raw import Note
from rldoctor.plain_data import dataclass
from rldoctor.readers.limits import LOG_BYTES

MAGIC = b"SQLite format 3\0"
_JOURNALS = ("-wal", "-journal")
# Of one cell: a row of trackio is a JSON object, a parameter a text.
_LARGEST_CELL = 16 << 20
_ATTEMPTS = 3
# What reading a damaged database raises: sqlite3 quotes names of the schema in its errors, and fails to build
# the error where such a name is not UTF-8. A record that claims to be larger than memory is "out of memory".
DAMAGE = (sqlite3.Error, UnicodeDecodeError, MemoryError)
_COLUMNS = (
    "SELECT tables.name, columns.name FROM sqlite_master AS tables, "
    "pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'"
)


@dataclass(slots=True)
class Database:
    """An open database and the notes on how it was opened; ``damaged``: its tables cannot be read."""

    connection: sqlite3.Connection
    notes: list[Note]
    damaged: bool = False
    _tables: dict[str, tuple[str, ...]] | None = None

    def tables(self) -> dict[str, tuple[str, ...]]:
        """Table -> its columns; empty where the schema cannot be read."""
        if self._tables is None:
            self._tables = self._schema()
        return self._tables

    def _schema(self) -> dict[str, tuple[str, ...]]:
        tables: dict[str, list[str]] = {}
        try:
            for table, column in self.connection.execute(_COLUMNS):
                tables.setdefault(str(table), []).append(str(column))
        except DAMAGE:
            self.damaged = True
            return {}
        return {table: tuple(columns) for table, columns in tables.items()}


def lenient(text: bytes) -> str:
    """A text of a database that may not be UTF-8."""
    return text.decode("utf-8", "replace")


def is_database(path: Path) -> bool:
    """Whether a file begins as a SQLite database does."""
    try:
        return read_start(path, len(MAGIC)) == MAGIC
    except OSError:
        return False


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    """The database, closed afterwards. ReadError when it cannot be opened or copied."""
    journals = [one for end in _JOURNALS if _filled(one := path.with_name(path.name + end))]
    if not journals:
        with _connected(path, []) as database:
            yield database
        return
    with tempfile.TemporaryDirectory(prefix="rldoctor-sqlite-", ignore_cleanup_errors=True) as folder:
        notes = _copied(path, journals, Path(folder))
        with _connected(Path(folder, path.name), notes) as database:
            yield database


@contextmanager
def _connected(path: Path, notes: list[Note]) -> Iterator[Database]:
    # The copy may be written, and must be: what the journal holds is played into it.
    options = "immutable=1&mode=ro" if not notes else "mode=rw"
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?{options}", uri=True)
    except DAMAGE as error:
        raise ReadError(f"{path}: cannot be opened as a SQLite database: {error}") from error
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_CELL)
        # Nothing that a schema defines (a function in a default, a view) is run.
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.text_factory = lenient
        yield Database(connection, notes)
    finally:
        connection.close()


def _filled(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def _copied(path: Path, journals: list[Path], folder: Path) -> list[Note]:
    """Copy the database and its journals; a note says so, and whether they changed meanwhile."""
    names = ", ".join(one.name for one in journals)
    notes = [Note("sqlite-journal", f"{path.name}: read from a copy, with what is only in {names}")]
    try:
        for _ in range(_ATTEMPTS):
            before = _state(path, journals)
            for one in (path, *journals):
                shutil.copyfile(one, folder / one.name)
            if _state(path, journals) == before:
                break
        else:
            text = f"{path.name} changed while it was copied: the newest points may be missing"
            notes.append(Note("sqlite-live-copy", text, "warning", lost=True))
    except OSError as error:
        raise ReadError(
            f"{path}: cannot be copied to a temporary folder ({error})",
            hint="Check the permissions, or point TMPDIR at a folder with more space.",
        ) from error
    if (size := path.stat().st_size) > LOG_BYTES:
        notes.append(
            Note("sqlite-large-copy", f"{size / LOG_BYTES:.1f} GiB were copied to read it", "warning")
        )
    return notes


def _state(path: Path, journals: list[Path]) -> list[tuple[int, int]]:
    return [(one.stat().st_size, one.stat().st_mtime_ns) for one in (path, *journals)]
