"""What the first lines of a file say: whether it is a log at all."""

from __future__ import annotations

import re
from pathlib import Path

from rldoctor.files import TooLargeError, read_bytes, read_start
from rldoctor.patterns import pattern
from rldoctor.readers.bounded_json import loads
from rldoctor.readers.limits import DOCUMENT_BYTES
from rldoctor.readers.tabular.decode import lines_of
from rldoctor.readers.tabular.dialect import COMMENT, Dialect, is_number, sniff, split
from rldoctor.readers.tabular.documents import opens_like_document
from rldoctor.readers.tabular.jsonlines import first_object, parse_line
from rldoctor.readers.tabular.monitor import looks_like_monitor

# Enough for a header of some thousand columns and the first row.
_PEEK = 65_536
_PEEK_JSON = 4_096
_SNIFFED = 20
_LONG = 20
_TELLING = pattern(
    r"rew|return|score|loss|kl|entropy|succe|win|value|advantage|epsilon|alpha|learning|(^|[^a-z])(lr|q|ep|fps|sps|len)"
    r"([^a-z]|$)|episod|step|epoch|iter|update|frame|time|length|accura|metric|train|eval|test|seed|run",
    re.IGNORECASE,
)


def begins_document(path: Path) -> bool:
    """Whether a ``.json`` file is one document that holds a log, by its first characters."""
    return opens_like_document(head(path)[:_PEEK_JSON])


def begins_with_object(path: Path) -> bool:
    """Whether a file holds JSON lines, or did before its first lines were cut or overwritten.

    So does an empty file: damage is worth an error, not silence. A document of JSON is none.
    """
    try:
        if path.stat().st_size == 0 or first_object(path):
            return True
        if any(parse_line(line) for line in lines_of(head(path))[:_SNIFFED]) and path.suffix != ".json":
            return True
        return not _is_document(path)
    except OSError:
        # Claimed all the same: reading it then says what is wrong.
        return True


def _is_document(path: Path) -> bool:
    """Whether a file is JSON of another form: one value, or values by line that are no objects.

    Its first line is a whole value or opens one over several lines, or the file is a value as a whole.
    """
    first = next((line.strip() for line in lines_of(head(path)) if line.strip()), "")
    if first == "{" or first.startswith("[") or _is_json(first):
        return True
    try:
        return _is_json(read_bytes(path, DOCUMENT_BYTES))
    except TooLargeError:
        return False


def _is_json(text: str | bytes) -> bool:
    try:
        loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def promising(path: Path) -> bool:
    """Whether a table has a header of names, a first row with a number, and looks like a course in time.

    By a name that speaks of training or counts, or by many rows.
    """
    text = head(path)
    if looks_like_monitor(text):
        return True
    lines, dialect = _sniffed(text)
    # In a directory any data may be called ``.csv``; a table without names is read where the user points at
    # it.
    if dialect is None or dialect.headerless:
        return False
    rows = [line for line in lines[dialect.skip :] if not line.startswith(COMMENT)]
    if not rows:
        return False
    numeric = [is_number(cell, dialect.delimiter) for cell in split(rows[:1], dialect.delimiter)[0]]
    # Masses and limits of a robot are tables of numbers too: short, or with a name in front of each row.
    long = len(rows) >= _LONG and numeric[0]
    return any(numeric) and (long or any(_TELLING.search(name) for name in dialect.names))


def names_of(text: str) -> list[str]:
    """The names in the header of a table with numbers below it; empty where the first lines show none."""
    lines, dialect = _sniffed(text)
    return [] if dialect is None or dialect.headerless or len(lines) <= dialect.skip else list(dialect.names)


def _sniffed(text: str) -> tuple[list[str], Dialect | None]:
    lines = [line for line in lines_of(text) if line.strip()]
    return lines, sniff(lines[: _SNIFFED + sum(line.startswith(COMMENT) for line in lines)])


def head(path: Path) -> str:
    """The first characters of a file; empty when it cannot be read."""
    try:
        return read_start(path, _PEEK).decode("utf-8-sig", errors="replace")
    except OSError:
        return ""
