"""Several seeds at once: one process each, one torch thread each, watched from here."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rldoctor.errors import RldoctorError
from rldoctor.training.control import Control, Status
from rldoctor.training.plan import Plan

POLL = 0.2
"""Seconds between two looks at the processes."""
PATIENCE = 60.0
"""Seconds a process has after Ctrl-C to finish its step and save."""
FINAL = ("done", "interrupted", "failed")
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
ATTENDED = Control(evaluate=True, checkpoints=True)
"""With evaluation and checkpoints, on CPU."""


@dataclass(frozen=True, slots=True)
class Job:
    """One seed: what to train, where it writes."""

    plan: Plan
    out: Path


def run_jobs(
    jobs: Sequence[Job],
    control: Control = ATTENDED,
    *,
    show: Callable[[Status], None] = lambda status: None,
) -> list[Status]:
    """Train every job in a process of its own and return how each ended, in the order of ``jobs``.

    ``control`` is that of every training; its messages come to ``show``, and when to stop is decided here.

    Ctrl-C asks every process to stop after the current step; each saves a checkpoint and what it has logged.
    A process that dies without a word (killed for memory) is ``failed``.
    """
    context = multiprocessing.get_context("spawn")
    channel = context.Queue()
    with environment(dict.fromkeys(THREADS, "1")):
        workers = [
            context.Process(target=_work, args=(job.plan, job.out, control, channel), daemon=True)
            for job in jobs
        ]
        for worker in workers:
            worker.start()
    last = {job.plan.seed: Status(job.plan.seed, 0, job.plan.steps) for job in jobs}
    try:
        _follow(workers, channel, last, show)
    except KeyboardInterrupt:
        _stop(workers, channel, last, show)
    return [_ended(last[job.plan.seed], worker) for job, worker in zip(jobs, workers, strict=True)]


def _follow(
    workers: Sequence[Any], channel: Any, last: dict[int, Status], show: Callable[[Status], None]
) -> None:
    """Pass on what the processes say until all have ended."""
    while any(worker.is_alive() for worker in workers):
        _drain(channel, last, show, POLL)
    _drain(channel, last, show, 0.0)


def _drain(channel: Any, last: dict[int, Status], show: Callable[[Status], None], wait: float) -> None:
    """Everything said so far; waits for the first message only."""
    try:
        while True:
            status = channel.get(timeout=wait)
            last[status.seed] = status
            show(status)
            wait = 0.01
    except queue.Empty:
        return


def _stop(
    workers: Sequence[Any], channel: Any, last: dict[int, Status], show: Callable[[Status], None]
) -> None:
    """Ask the processes to stop and wait; a second Ctrl-C, or the end of patience, kills them."""
    for worker in workers:
        if worker.is_alive():
            # In a terminal they got the signal too; asking twice is harmless.
            os.kill(worker.pid, signal.SIGINT)
    try:
        for _ in range(int(PATIENCE / POLL)):
            _drain(channel, last, show, POLL)
            if not any(worker.is_alive() for worker in workers):
                break
    except KeyboardInterrupt:
        pass
    for worker in workers:
        if worker.is_alive():
            worker.kill()
        worker.join(5.0)
    _drain(channel, last, show, 0.05)


def _ended(status: Status, worker: Any) -> Status:
    """The last word of a process, or that it had none."""
    if status.state in FINAL:
        return status
    return replace(status, state="failed", message=f"its process ended with code {worker.exitcode}")


def _work(plan: Plan, out: Path, control: Control, channel: Any) -> None:
    """One process: train, and report errors as text instead of raising them."""
    asked: list[int] = []
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda number, _: asked.append(number))
    parent = multiprocessing.parent_process()
    # Imported here: only the processes need torch.
    from rldoctor.training.train import train

    def stop() -> bool:
        # Killed, the process above leaves this one behind: nobody would ever end it, and a second training
        # could be resumed beside it.
        return bool(asked) or (parent is not None and not parent.is_alive())

    control = replace(control, report=channel.put, stop=stop)
    try:
        train(plan, out, control)
    except Exception as error:
        hint = f" ({error.hint})" if isinstance(error, RldoctorError) and error.hint else ""
        text = str(error) if isinstance(error, RldoctorError) else f"{type(error).__name__}: {error}"
        channel.put(Status(plan.seed, 0, plan.steps, "failed", message=text + hint))


@contextmanager
def environment(changes: Mapping[str, str]) -> Iterator[None]:
    """Processes started inside have these environment variables."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
