"""Opening a report in the browser when it is written."""

from __future__ import annotations

import tempfile
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from rldoctor.commands.outputs import Output
from rldoctor.commands.problems import tell
from rldoctor.report.registry import STDOUT

HTML = "html"


def with_page(outputs: Sequence[Output]) -> list[Output]:
    """The outputs, with a page in a folder for temporary files where none of them is an HTML file."""
    if _pages(outputs):
        return list(outputs)
    folder = Path(tempfile.mkdtemp(prefix="rldoctor-"))
    return [*outputs, (HTML, str(folder / "report.html"))]


def open_pages(outputs: Sequence[Output]) -> None:
    """Show the HTML files; a warning where no browser can be started."""
    for page in _pages(outputs):
        if not webbrowser.open(Path(page).resolve().as_uri()):
            tell(f"no browser could be started; the report is {page}", label="warning")


def _pages(outputs: Sequence[Output]) -> list[str]:
    return [target for format, target in outputs if format == HTML and target != STDOUT]
