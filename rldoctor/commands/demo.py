"""``rldoctor demo``: a diagnosis of a bundled run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rldoctor import paths
from rldoctor.commands.analyze import analyze
from rldoctor.commands.options import Options
from rldoctor.errors import ReadError

# The fault and the run of it that the README shows, and that a wheel carries.
FAVOURITE, RUN = "reward-exp-sharp", "ppo-Reacher-v5-exp-0"


def demo(reports: Sequence[tuple[str, str]]) -> int:
    """Analyze the bundled run; always 0 unless it could not be done (a demo is no gate)."""
    run = demo_run(paths.PACKAGE)
    sys.stderr.write(f"analyzing {run}\n")
    return analyze([str(run)], Options(fail_on="never"), reports)


def demo_run(package: Path) -> Path:
    """The bundled run to show; ReadError when this installation has none."""
    root = paths.reference_runs("faulty", package)
    found = sorted(path for path in root.glob("*") if path.is_dir()) if root else []
    if found:
        fault = next((path for path in found if path.name == FAVOURITE), found[0])
        runs = sorted(path for path in fault.glob("*") if path.is_dir())
        return next((path for path in runs if path.name == RUN), runs[0] if runs else fault)
    raise ReadError(
        "this installation has no bundled runs",
        hint="clone the repository and run: rldoctor analyze reference_runs/faulty",
    )
