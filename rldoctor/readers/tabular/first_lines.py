"""What the first lines of a file say: whether it is a log at all."""

from __future__ import annotations

from pathlib import Path

from rldoctor.files import read_start
from rldoctor.readers.tabular.dialect import COMMENT, is_number, sniff, split
from rldoctor.readers.tabular.documents import opens_like_document
from rldoctor.readers.tabular.jsonlines import first_object, parse_line
from rldoctor.readers.tabular.monitor import looks_like_monitor

# Enough for a header of some thousand columns and the first row.
_PEEK = 65_536
_PEEK_JSON = 4_096
_SNIFFED = 20


def begins_document(path: Path) -> bool:
    """Whether a ``.json`` file is one document that holds a log, by its first characters."""
    return opens_like_document(head(path)[:_PEEK_JSON])


def begins_with_object(path: Path) -> bool:
    """Whether the first line is an object, or one soon after it: a cut or changed line must not hide a log.

    So is an empty file: worth an error, not silence.
    """
    try:
        if path.stat().st_size == 0 or first_object(path):
            return True
        return path.suffix != ".json" and any(parse_line(line) for line in head(path).splitlines()[:_SNIFFED])
    except OSError:
        # Claimed all the same: reading it then says what is wrong.
        return True


def promising(path: Path) -> bool:
    """Whether a table has a header of names and a first row with a number."""
    text = head(path)
    if looks_like_monitor(text):
        return True
    lines = [line for line in text.splitlines() if line.strip()]
    dialect = sniff(lines[: _SNIFFED + sum(line.startswith(COMMENT) for line in lines)])
    # In a directory any data may be called ``.csv``; a table without names is read where the user points at
    # it.
    if dialect is None or dialect.headerless:
        return False
    rows = [line for line in lines[dialect.skip :] if not line.startswith(COMMENT)]
    return bool(rows) and any(
        is_number(cell, dialect.delimiter) for cell in split(rows[:1], dialect.delimiter)[0]
    )


def head(path: Path) -> str:
    """The first characters of a file; empty when it cannot be read."""
    try:
        return read_start(path, _PEEK).decode("utf-8-sig", errors="replace")
    except OSError:
        return ""
