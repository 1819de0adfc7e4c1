"""Errors for people: one clear block on standard error, never a traceback (unless RLDOCTOR_DEBUG=1)."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rldoctor.errors import RldoctorError

ISSUES = "the project's issue tracker"
EXIT_FINDINGS = 1
EXIT_FAILED = 2
EXIT_COVERAGE = 3


def debugging() -> bool:
    """Whether the user asked for tracebacks."""
    return os.environ.get("RLDOCTOR_DEBUG", "") not in {"", "0"}


def tell(message: str, hint: str = "", *, label: str = "error") -> None:
    """Print ``error: ...`` and ``hint: ...``, continued lines indented under the first."""
    from rldoctor.report.clean import clean

    for name, text in ((label, message), ("hint", hint)):
        lines = [clean(line) for line in text.splitlines() if line.strip()]
        if lines:
            body = ("\n" + " " * (len(name) + 2)).join(lines)
            sys.stderr.write(f"{name}: {body}\n")


def tell_error(error: RldoctorError) -> None:
    """An error raised on purpose."""
    tell(str(error), error.hint)


def tell_unexpected(error: BaseException, doing: str = "") -> None:
    """A defect of ours: say so, and how to report it; the traceback only when debugging."""
    if debugging():
        import traceback

        traceback.print_exception(error, file=sys.stderr)
    where = f" while {doing}" if doing else ""
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    tell(
        f"rldoctor itself failed{where}: {what}",
        f"this is a bug; run again with RLDOCTOR_DEBUG=1 and report the traceback to {ISSUES}",
    )


def tell_drafts(rules_dirs: Sequence[Path]) -> None:
    """One warning line for each rule that is left out because it is not written to the end."""
    from rldoctor import api

    for text in api.drafts(rules_dirs):
        place, _, what = text.partition(": ")
        tell(f"{place}: a draft, left out ({what})", label="warning")
