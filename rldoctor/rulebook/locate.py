"""Where the built-in rules are: inside the installed package, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

import rldoctor
from rldoctor.errors import UsageError


def builtin_rules_dir() -> Path:
    """The directory of the built-in pack. Raises UsageError when the installation lacks it."""
    package = Path(rldoctor.__file__).parent
    return find_rules_dir(package)


def find_rules_dir(package: Path) -> Path:
    """``_rules`` inside ``package`` (the wheel) or ``rules`` beside it (an editable checkout)."""
    for candidate in (package / "_rules", package.parent / "rules"):
        if candidate.is_dir():
            return candidate
    raise UsageError(
        "the built-in rules are missing from this installation", hint="Install rl-training-doctor again."
    )
