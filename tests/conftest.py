"""What all tests share: the option that picks a datum, the count of data."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# A gate gives the same answer twice, also on a busy machine: the examples follow from the test alone. Looking
# for new ones is a search that somebody starts and reads: `pytest --hypothesis-profile=search`.
settings.register_profile(
    "gate", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", deadline=None)
settings.load_profile("gate")


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
