"""What is piped in, read like a file of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from rldoctor.errors import ReadError
from rldoctor.readers.base import FoundRuns

_NAME = "stdin"


def read_stdin(read: Callable[[Path], FoundRuns]) -> FoundRuns:
    """``read`` applied to a file with what standard input holds, whatever kind of log that is."""
    if sys.stdin.isatty():
        sys.stderr.write("Paste the log, then end with Ctrl-D on a line of its own (Windows: Ctrl-Z).\n")
    data = sys.stdin.buffer.read()
    if not data.strip():
        raise ReadError("standard input is empty", hint="pipe a log in: rldoctor analyze - < console.txt")
    with TemporaryDirectory() as folder:
        # A folder in the folder: configuration is looked for beside a log and one level above.
        path = Path(folder) / _NAME / _file_name(data)
        path.parent.mkdir()
        path.write_bytes(data)
        try:
            found = read(path)
        except ReadError as error:
            raise ReadError(str(error).replace(str(path), "standard input"), hint=error.hint) from error
    for run in found:
        run.path = Path(_NAME)
    return found


def _file_name(data: bytes) -> str:
    """JSON lines are told by the end of a file's name; everything else by its content."""
    return f"{_NAME}.jsonl" if data.lstrip()[:1] == b"{" and b"}\n{" in data else _NAME
