"""What all tests share: the option that picks a datum, the count of data."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--datum", default="", metavar="TEXT", help="of the data of @every: those with TEXT in their names"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Items no longer say how much was tested: the data of ``@every`` are counted beside them."""
    tests = data = skipped = 0
    for reports in terminalreporter.stats.values():
        for report in reports:
            counts = dict(getattr(report, "user_properties", ()))
            if getattr(report, "when", "") == "call" and "data" in counts:
                tests, data, skipped = tests + 1, data + counts["data"], skipped + counts["data skipped"]
    if tests:
        terminalreporter.write_line(f"{data} data in {tests} of the tests ({skipped} data skipped)")
