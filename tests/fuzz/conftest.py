"""The sample rule of the rule book's tests is what fuzzing of rules begins from."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "rulebook"))
