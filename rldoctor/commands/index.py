"""``rldoctor index``: the page of many runs from the table of their results."""

from __future__ import annotations

import sys
from pathlib import Path

from rldoctor.commands.places import check_outputs, check_replaced
from rldoctor.errors import UsageError
from rldoctor.report.html.results_page import results_page, run_page
from rldoctor.report.registry import STDOUT, write_file
from rldoctor.report.results import Results, read_results


def index(table: str, output: str, *, details: bool = False) -> int:
    """Write the page, and with ``details`` a page for each run in a folder beside it; 0.

    UsageError where an output would be written over the table, ReadError where it is none.
    """
    if output == STDOUT and details:
        raise UsageError("--details needs a file to stand beside", hint="name it: -o index.html")
    results = read_results(Path(table))
    target = Path(output)
    folder = target.with_name(f"{target.stem}-runs")
    pages = [folder / f"run-{number:05d}.html" for number in range(1, len(results.runs) + 1) if details]
    check_outputs([output, *map(str, pages)], [("the table", table)])
    check_replaced(map(str, pages))
    text = results_page(results, lambda run: f"{folder.name}/{pages[run].name}" if details else None)
    if output == STDOUT:
        sys.stdout.write(text)
        return 0
    _write_details(results, pages, target.name)
    write_file(text, target)
    sys.stderr.write(f"wrote {output}" + (f" and {len(pages):,} pages in {folder}\n" if pages else "\n"))
    return 0


def _write_details(results: Results, pages: list[Path], back: str) -> None:
    for run, page in zip(results.runs, pages, strict=False):
        write_file(run_page(run, f"../{back}"), page)
