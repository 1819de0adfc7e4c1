"""Where the data that ships with the program are: inside the installed package, or beside it in a checkout.

A wheel carries ``rules/`` and a part of ``reference_runs/`` as ``_rules`` and ``_reference_runs`` inside the
package; an editable installation has no such copies, and finds the originals next to the package.
"""

from __future__ import annotations

from pathlib import Path

from rldoctor.errors import UsageError

PACKAGE = Path(__file__).parent
# What was measured of the built-in rules, among the reference runs.
RECORDS = "validation.json"


def builtin_rules_dir() -> Path:
    """The directory of the built-in pack. Raises UsageError when the installation lacks it."""
    return find_rules_dir(PACKAGE)


def find_rules_dir(package: Path) -> Path:
    """``_rules`` inside ``package`` (the wheel) or ``rules`` beside it (an editable checkout)."""
    for candidate in (package / "_rules", package.parent / "rules"):
        if candidate.is_dir():
            return candidate
    raise UsageError(
        "the built-in rules are missing from this installation", hint="Install rl-training-doctor again."
    )


def reference_runs(part: str, package: Path = PACKAGE) -> Path | None:
    """A file or folder of ``reference_runs`` (``envelopes``, ``healthy``) that is there, else None."""
    roots = (package / "_reference_runs", package.parent / "reference_runs")
    return next((root / part for root in roots if (root / part).exists()), None)
