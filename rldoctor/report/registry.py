"""The output formats, and writing one to a file or to standard output."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from rldoctor.errors import RldoctorError, UsageError, did_you_mean
from rldoctor.files import whole_file, write_whole
from rldoctor.model.reading import WHOLE, Unread

if TYPE_CHECKING:
    from rldoctor.model.finding import Diagnosis
    from rldoctor.report.run_parts import ManyRuns

# Modules, not functions: a format's dependencies are imported when it is used.
MODULES = {
    "terminal": "rldoctor.report.terminal",
    "html": "rldoctor.report.html",
    "json": "rldoctor.report.json_report",
    "junit": "rldoctor.report.junit",
    "markdown": "rldoctor.report.markdown",
    "github": "rldoctor.report.github",
    "agent": "rldoctor.report.agent",
    "jsonl": "rldoctor.report.jsonl",
    "parquet": "rldoctor.report.table",
}
FORMATS = tuple(MODULES)
SUFFIXES = {
    ".html": "html",
    ".htm": "html",
    ".json": "json",
    ".xml": "junit",
    ".md": "markdown",
    ".txt": "terminal",
    ".jsonl": "jsonl",
    ".parquet": "parquet",
}
STDOUT = "-"
PARQUET = "parquet"


def format_of(target: str) -> str | None:
    """The format that a file name's ending stands for, or None."""
    return SUFFIXES.get(Path(target).suffix.lower())


def check_format(name: str) -> str:
    """``name`` when it is a format; UsageError with the list of formats otherwise."""
    if name not in MODULES:
        raise UsageError(
            f"unknown format {name!r}{did_you_mean(name, FORMATS)}", hint=f"formats: {', '.join(FORMATS)}"
        )
    return name


def render(diagnoses: Sequence[Diagnosis], format: str, reading: Unread = WHOLE) -> str:
    """The report as text, with what could not be read; UsageError for an unknown format."""
    module = import_module(MODULES[check_format(format)])
    renderer: Callable[..., str] = module.render
    return renderer(diagnoses, reading=reading)


def write(
    diagnoses: Sequence[Diagnosis],
    format: str,
    target: str | Path = STDOUT,
    detail: int = 0,
    reading: Unread = WHOLE,
) -> None:
    """Write one report. ``-`` is standard output; missing parent folders are made.

    ``detail``: 1 more, -1 less of the terminal report; the other formats are always complete. ``reading``:
    what could not be read.
    A file appears complete or not at all. UsageError for an unknown format, RldoctorError when the file
    cannot be written.
    """
    check_format(format)
    if format == "terminal":
        _write_terminal(diagnoses, target, detail, reading)
    elif format == PARQUET:
        from rldoctor.report.run_parts import many

        write_many(many(diagnoses, format, reading), format, target)
    elif str(target) != STDOUT:
        write_file(render(diagnoses, format, reading), Path(target))
    else:
        sys.stdout.write(render(diagnoses, format, reading))


def write_many(runs: ManyRuns, format: str, target: str | Path = STDOUT) -> None:
    """As :func:`write`, in a format that is written run by run, with the memory of one run."""
    if format == PARQUET:
        _write_table(runs, target)
        return
    from rldoctor.report import streams

    makers = {"json": streams.json_text, "jsonl": streams.jsonl_text, "junit": streams.junit_text}
    pieces = makers[format](runs)
    if str(target) != STDOUT:
        write_file(pieces, Path(target))
    else:
        sys.stdout.writelines(pieces)


def check_written(format: str, target: str) -> None:
    """Fail before the long work: UsageError for a table on standard output, MissingExtraError."""
    if format != PARQUET:
        return
    from rldoctor.report.table import check_installed

    if target == STDOUT:
        raise UsageError(
            "-f parquet cannot be written to standard output", hint="name a file: -o runs.parquet"
        )
    check_installed()


def _write_table(runs: ManyRuns, target: str | Path) -> None:
    from rldoctor.report.table import write_table

    check_written(PARQUET, str(target))
    path = Path(target)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as part:
            write_table(runs, part)
    except OSError as error:
        raise _not_written(path, error) from error


def _write_terminal(diagnoses: Sequence[Diagnosis], target: str | Path, detail: int, reading: Unread) -> None:
    from rldoctor.report import terminal

    if str(target) == STDOUT:
        terminal.show(diagnoses, detail=detail, reading=reading)
    else:
        write_file(terminal.render(diagnoses, detail, reading), Path(target))


def write_file(text: str | Iterable[str], path: Path) -> None:
    """Write a whole report, or its pieces, to a file, or nothing; RldoctorError when that fails."""
    pieces = [text] if isinstance(text, str) else text
    try:
        if path.exists() and not path.is_file():
            _write_special(pieces, path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(pieces, path)
    except OSError as error:
        raise _not_written(path, error) from error


def _not_written(path: Path, error: OSError) -> RldoctorError:
    reason = error.strerror or str(error)
    return RldoctorError(f"cannot write {path}: {reason}", hint="choose another file with -o FILE")


def _write_special(pieces: Iterable[str], path: Path) -> None:
    """A pipe or device is written in place; a directory is refused by ``open``."""
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(pieces)
