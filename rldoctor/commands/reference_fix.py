"""``rldoctor reference --apply-fix``: does what is prescribed help?"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rldoctor import paths
from rldoctor.commands.progress import watched
from rldoctor.commands.trained import told
from rldoctor.errors import UsageError
from rldoctor.proof.document import document
from rldoctor.proof.prove import Attempt, Clock, Proof, diagnosed, judged, unjudged, with_healthy
from rldoctor.proof.table import show as show_table
from rldoctor.training.control import Control, Status
from rldoctor.training.screen import progress
from rldoctor.training.session import Job, run_jobs


def apply_fix(options: argparse.Namespace, jobs: Sequence[Job], control: Control) -> int:
    """Train the sick runs (or take ``--from``), apply the first fix that can be, train again, compare.

    0 when every comparison was made, whatever it says; 2 when a training failed; 130 interrupted.

    Raises:
        UsageError: ``--from`` with several seeds, or a run that is not the one the options describe.
        ReadError: ``--from`` holds no run, or several.
    """
    if options.source is not None and len(jobs) != 1:
        raise UsageError("--from is one run, --seeds asks for several", hint="leave --seeds out")
    if options.source is None:
        code, jobs = _trained(jobs, control)
        attempts = [diagnosed(job.plan, job.out) for job in jobs]
    else:
        code, attempts = 0, [diagnosed(jobs[0].plan, options.source)]
    again, proofs = _fixed(attempts, jobs, control)
    if proofs and options.format == "json":
        sys.stdout.write(json.dumps(document(proofs), indent=2) + "\n")
    elif proofs:
        show_table(proofs, sys.stdout)
    return max(code, again)


def _fixed(attempts: Sequence[Attempt], jobs: Sequence[Job], control: Control) -> tuple[int, list[Proof]]:
    """Train what was changed, beside the sick runs, and judge it; the exit code, and a proof per attempt."""
    fixed = {
        index: Job(attempt.change.plan, _beside(jobs[index].out))
        for index, attempt in enumerate(attempts)
        if attempt.change is not None
    }
    clock, there = Clock(), [job.out for job in fixed.values() if _finished(job, control)]
    code, done = _trained(list(fixed.values()), control) if fixed else (0, [])
    seconds = None if there else clock.seconds()
    proofs = []
    for index, attempt in enumerate(attempts):
        if attempt.change is None:
            proofs.append(_compared(unjudged(attempt), attempt))
        elif fixed[index] in done:
            proofs.append(_compared(judged(attempt, fixed[index].out, seconds), attempt))
    return code, proofs


def _compared(proof: Proof, attempt: Attempt) -> Proof:
    """With the return of the bundled healthy run, where there is one."""
    healthy = paths.reference_runs("healthy")
    home = healthy.parent if healthy else None
    return proof if home is None else with_healthy(proof, attempt, home)


def _beside(folder: Path) -> Path:
    return folder.with_name(folder.name + "-fixed")


def _trained(jobs: Sequence[Job], control: Control) -> tuple[int, list[Job]]:
    """Train what is not finished yet; the exit code, and the jobs that are finished now."""
    left = [job for job in jobs if not _finished(job, control)]
    ended: list[Status] = []
    if left:
        with progress([job.plan.seed for job in left], left[0].plan.steps, live=watched()) as show:
            ended = run_jobs(left, control, show=show)
    states = {job.out: status.state for job, status in zip(left, ended, strict=True)}
    return told(left, ended), [job for job in jobs if states.get(job.out, "done") == "done"]


def _finished(job: Job, control: Control) -> bool:
    """Whether an earlier call of the same command, with --resume, has trained this one to its end."""
    return control.resume and (job.out / "model.zip").is_file()
