"""What is said when trainings have ended."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rldoctor.commands.problems import tell
from rldoctor.training.control import Status
from rldoctor.training.session import Job


def told(jobs: Sequence[Job], ended: Sequence[Status]) -> int:
    """Say where the runs are and what went wrong; the exit code: 130 interrupted, 2 a seed failed, else 0."""
    for job, status in zip(jobs, ended, strict=True):
        if status.state == "failed":
            tell(f"seed {status.seed}: {status.message}")
        else:
            sys.stderr.write(f"{status.state}: {job.out}\n")
    states = {status.state for status in ended}
    if "interrupted" in states:
        tell("interrupted", "the same command with --resume goes on from the checkpoint")
        return 130
    return 2 if "failed" in states else 0
