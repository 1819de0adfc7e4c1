"""Bytes of a log turned into text, whatever wrote them."""

from __future__ import annotations

import codecs
from pathlib import Path

from rldoctor.errors import ReadError
from rldoctor.model.raw import Note

_HEAD = 4096
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: Path) -> tuple[str, list[Note]]:
    """The text of a file and what was odd about it.

    Byte-order marks are removed, Latin-1 and a tail of zero bytes (a crash while writing) are accepted with a
    note. ReadError for a file that is empty, binary or not readable.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ReadError(f"{path}: cannot be read: {error.strerror or error}") from error
    return decode(data, path)


def decode(data: bytes, path: Path) -> tuple[str, list[Note]]:
    """As :func:`read_text` for bytes already read; ``path`` is used in messages only."""
    notes: list[Note] = []
    # Before the search for zero bytes, of which UTF-16 is full. Windows PowerShell redirects output in it.
    if data.startswith(_UTF16):
        return data.decode("utf-16", errors="replace"), notes
    # After a power cut a file may have been extended and not filled in. All zeros is refused as binary below.
    stripped = data.rstrip(b"\0")
    if len(stripped) != len(data) and stripped:
        notes.append(_note("zero-tail", path, f"ends with {len(data) - len(stripped)} zero bytes, skipped"))
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
    text = _characters(data, path, notes)
    if "\r" in text:  # the csv module refuses a lone carriage return
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text, notes


def _characters(data: bytes, path: Path, notes: list[Note]) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Latin-1 has a character for every byte: a name may come out wrong, the numbers cannot.
        notes.append(_note("not-utf8", path, "is not UTF-8, read as Latin-1"))
        return data.decode("latin-1")


def _note(code: str, path: Path, text: str) -> Note:
    return Note(code, f"{path.name} {text}", "warning" if code == "zero-tail" else "info")
