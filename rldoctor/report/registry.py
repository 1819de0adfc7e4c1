"""The output formats, and writing one to a file or to standard output."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from rldoctor.errors import RldoctorError, UsageError, did_you_mean
from rldoctor.files import write_whole
from rldoctor.model.reading import WHOLE, Reading

if TYPE_CHECKING:
    from rldoctor.model.finding import Diagnosis

# Modules, not functions: a format's dependencies are imported when it is used.
MODULES = {
    "terminal": "rldoctor.report.terminal",
    "html": "rldoctor.report.html",
    "json": "rldoctor.report.json_report",
    "junit": "rldoctor.report.junit",
    "markdown": "rldoctor.report.markdown",
    "github": "rldoctor.report.github",
    "agent": "rldoctor.report.agent",
}
FORMATS = tuple(MODULES)
SUFFIXES = {
    ".html": "html",
    ".htm": "html",
    ".json": "json",
    ".xml": "junit",
    ".md": "markdown",
    ".txt": "terminal",
}
STDOUT = "-"


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


def render(diagnoses: Sequence[Diagnosis], format: str, reading: Reading = WHOLE) -> str:
    """The report as text, with what could not be read; UsageError for an unknown format."""
    module = import_module(MODULES[check_format(format)])
    renderer: Callable[..., str] = module.render
    return renderer(diagnoses, reading=reading)


def write(
    diagnoses: Sequence[Diagnosis],
    format: str,
    target: str | Path = STDOUT,
    detail: int = 0,
    reading: Reading = WHOLE,
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
    elif str(target) != STDOUT:
        write_file(render(diagnoses, format, reading), Path(target))
    else:
        sys.stdout.write(render(diagnoses, format, reading))


def _write_terminal(
    diagnoses: Sequence[Diagnosis], target: str | Path, detail: int, reading: Reading
) -> None:
    from rldoctor.report import terminal

    if str(target) == STDOUT:
        terminal.show(diagnoses, detail=detail, reading=reading)
    else:
        write_file(terminal.render(diagnoses, detail, reading), Path(target))


def write_file(text: str, path: Path) -> None:
    """Write a whole report to a file, or nothing; RldoctorError when that fails."""
    try:
        if path.exists() and not path.is_file():
            _write_special(text, path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(text, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RldoctorError(
            f"cannot write {path}: {reason}", hint="choose another file with -o FILE"
        ) from error


def _write_special(text: str, path: Path) -> None:
    """A pipe or device is written in place; a directory is refused by ``open``."""
    with path.open("w", encoding="utf-8") as stream:
        stream.write(text)
