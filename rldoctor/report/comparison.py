"""The formats of a comparison, and writing one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from rldoctor.errors import UsageError, did_you_mean
from rldoctor.model.comparison import Comparison
from rldoctor.report.registry import STDOUT, write_file

MODULES = {
    "terminal": "rldoctor.report.compare_terminal",
    "json": "rldoctor.report.compare_json",
    "markdown": "rldoctor.report.compare_markdown",
    "html": "rldoctor.report.html.compare_page",
}
FORMATS = tuple(MODULES)


def check_format(format: str) -> str:
    """``format`` when a comparison has it; UsageError otherwise."""
    if format not in MODULES:
        raise UsageError(
            f"a comparison has no format {format!r}{did_you_mean(format, FORMATS)}",
            hint=f"formats of compare: {', '.join(FORMATS)}",
        )
    return format


def render(comparison: Comparison, format: str) -> str:
    """The comparison as text; UsageError for an unknown format."""
    renderer: Callable[[Comparison], str] = import_module(MODULES[check_format(format)]).render
    return renderer(comparison)


def write(comparison: Comparison, format: str, target: str | Path = STDOUT) -> None:
    """Write one report; ``-`` is standard output. UsageError, or RldoctorError when it cannot be written."""
    check_format(format)
    if str(target) != STDOUT:
        write_file(render(comparison, format), Path(target))
    elif format == "terminal":
        from rldoctor.report import compare_terminal

        compare_terminal.show(comparison)
    else:
        sys.stdout.write(render(comparison, format))
