"""``rldoctor skill``: how a coding agent uses the program, as a skill file."""

from __future__ import annotations

import sys
from pathlib import Path

from rldoctor import report


def skill() -> int:
    """Print the skill file."""
    sys.stdout.write((Path(report.__file__).parent / "skill.md").read_text(encoding="utf-8"))
    return 0
