"""Bytes of a log turned into text, whatever wrote them."""

from __future__ import annotations

import codecs
import os
from errno import EFBIG
from pathlib import Path
from typing import BinaryIO

from rldoctor.errors import ReadError
from rldoctor.files import TooLargeError, open_regular
from rldoctor.model.raw import Note
from rldoctor.readers.limits import LOG_BYTES

_HEAD = 4096
_BLOCK = 1 << 20
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: Path) -> tuple[str, list[Note]]:
    """The text of a file and what was odd about it.

    Byte-order marks are removed, Latin-1 and a tail of zero bytes (a crash while writing) are accepted with a
    note. ReadError for a file that is empty, binary or not readable.
    """
    try:
        data, zeros = _content(path)
    except OSError as error:
        raise ReadError(f"{path}: cannot be read: {error.strerror or error}") from error
    text, notes = decode(data, path)
    return text, [_zero_tail(path, zeros), *notes] if zeros else notes


def _content(path: Path) -> tuple[bytes, int]:
    """The bytes before the zeros that a file may end with, and how many of those there are.

    A file may be extended to any size and not filled in; such a tail is measured, never loaded.
    """
    with open_regular(path) as stream:
        size = stream.seek(0, os.SEEK_END)
        if size > LOG_BYTES:
            raise TooLargeError(
                EFBIG, f"larger than any text log ({size:,} bytes, the limit is {LOG_BYTES:,})"
            )
        end = _end_of_data(stream, size)
        stream.seek(0)
        # Of a file that is zeros throughout a few say that it is binary. UTF-16 ends with a zero itself.
        utf16 = stream.read(2) in _UTF16
        stream.seek(0)
        if utf16:
            return stream.read(size), 0
        return (stream.read(end), size - end) if end else (stream.read(_HEAD), 0)


def _end_of_data(stream: BinaryIO, size: int) -> int:
    """Where the zeros at the end of a file begin; 0 where it is nothing else."""
    end = size
    while end:
        start = max(0, end - _BLOCK)
        stream.seek(start)
        if data := stream.read(end - start).rstrip(b"\0"):
            return start + len(data)
        end = start
    return 0


def decode(data: bytes, path: Path) -> tuple[str, list[Note]]:
    """As :func:`read_text` for bytes already read; ``path`` is used in messages only."""
    notes: list[Note] = []
    # Before the search for zero bytes, of which UTF-16 is full. Windows PowerShell redirects output in it.
    if data.startswith(_UTF16):
        return _one_kind(data.decode("utf-16", errors="replace")), notes
    # After a power cut a file may have been extended and not filled in. All zeros is refused as binary below.
    stripped = data.rstrip(b"\0")
    if len(stripped) != len(data) and stripped:
        notes.append(_zero_tail(path, len(data) - len(stripped)))
        data = stripped
    if b"\0" in data[:_HEAD]:
        raise ReadError(
            f"{path}: binary file, not a text table",
            hint="Give the log itself (CSV, JSON lines, TensorBoard events or an Aim repository).",
        )
    if not data.strip():
        raise ReadError(
            f"{path}: the file is empty", hint="The logger never wrote a row: look at the training's output."
        )
    # The csv module refuses a lone carriage return.
    return _one_kind(_characters(data, path, notes)), notes


def lines_of(text: str) -> list[str]:
    """The lines of a text, without their ends.

    ``str.splitlines`` also ends a line at a form feed and at characters such as U+2028, which may stand in a
    name or in a text of JSON.
    """
    lines = _one_kind(text).split("\n")
    return lines if lines[-1] else lines[:-1]


def _one_kind(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _characters(data: bytes, path: Path, notes: list[Note]) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Latin-1 has a character for every byte: a name may come out wrong, the numbers cannot.
        notes.append(_note("not-utf8", path, "is not UTF-8, read as Latin-1"))
        return data.decode("latin-1")


def _zero_tail(path: Path, count: int) -> Note:
    return _note("zero-tail", path, f"ends with {count} zero bytes, skipped")


def _note(code: str, path: Path, text: str) -> Note:
    lost = code == "zero-tail"
    return Note(code, f"{path.name} {text}", "warning" if lost else "info", lost=lost)
