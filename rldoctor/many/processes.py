"""Work done by other processes of this machine, any of which may crash, be killed or hang.

A process that dies loses what it was doing and nothing else: another one takes its place. What was being
done is tried once more; a run at which a process died twice, or that takes longer than allowed, is left out.
"""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import field
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

from rldoctor.plain_data import dataclass

Task = TypeVar("Task")
# Tells what is being done (the name of a run), which begins the allowed time anew.
Say = Callable[[str], None]
# Makes the result of a task, leaving out the runs of these names.
Work = Callable[[Any, frozenset[str], Say], bytes]
_TRIES = 2
# So many new objects are looked through for garbage: those of a few dozen runs.
_OBJECTS = 20_000


@dataclass(slots=True)
class Lost:
    """Why nothing came back of a task."""

    why: str


@dataclass(slots=True)
class _Task:
    """``skip``: runs to leave out, with why; ``died``: how often a process did at each run."""

    number: int
    skip: dict[str, str] = field(default_factory=dict)
    died: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Done:
    """The result of a task; ``skipped``: a line for each run of it that was left out."""

    number: int
    result: bytes | Lost
    skipped: tuple[str, ...] = ()


class Worker:
    """A process, the pipe to it, and what it does since when."""

    def __init__(self, work: Work, tasks: Sequence[Any]) -> None:
        """Start it. It shares the memory of this one where the system can do that."""
        context: Any = multiprocessing.get_context(start_method())
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other, work, tasks), daemon=True)
        self.process.start()
        other.close()
        self.task: _Task | None = None
        self.doing, self.since = "", 0.0

    def give(self, task: _Task) -> None:
        """Begin a task; a process that died meanwhile is noticed when it is waited for."""
        self.task, self.doing, self.since = task, "", time.monotonic()
        with suppress(OSError):
            self.pipe.send((task.number, frozenset(task.skip)))

    def stop(self) -> None:
        """End it at once; there is nothing that it would have to put in order."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def start_method() -> str:
    """Processes that share what was read so far where that is safe; else they begin from nothing."""
    return "fork" if sys.platform == "linux" else "spawn"


class Processes(Generic[Task]):
    """``jobs`` processes that go through tasks. ``limit``: seconds for reading, and for each run; 0: any."""

    def __init__(self, work: Work, tasks: Sequence[Task], jobs: int, limit: float = 0.0) -> None:
        """Nothing is started yet."""
        self._work, self._tasks, self._limit = work, tasks, limit
        self._waiting: deque[_Task] = deque()
        self._jobs = jobs
        self._workers: list[Worker] = []

    def results(self, numbers: Sequence[int]) -> Iterator[Done]:
        """The results of the tasks with these numbers, as they come. All processes are gone afterwards."""
        self._waiting = deque(_Task(number) for number in numbers)
        try:
            while self._waiting or any(one.task for one in self._workers):
                self._employ()
                yield from self._heard()
                yield from self._late()
        finally:
            for one in self._workers:
                one.stop()
            self._workers = []

    def _employ(self) -> None:
        for one in self._workers:
            if one.task is None and self._waiting:
                one.give(self._waiting.popleft())
        while self._waiting and len(self._workers) < self._jobs:
            self._workers.append(Worker(self._work, self._tasks))
            self._workers[-1].give(self._waiting.popleft())

    def _heard(self) -> Iterator[Done]:
        busy = {one.pipe: one for one in self._workers if one.task is not None}
        for pipe in wait(list(busy), self._patience()):
            worker = busy[pipe]
            try:
                said = worker.pipe.recv()
            # A process that was killed in the middle of a message leaves half of one.
            except (EOFError, OSError):
                yield from self._died(worker)
                continue
            if isinstance(said, str):
                worker.doing, worker.since = said, time.monotonic()
            elif isinstance(said, BaseException):
                raise said
            elif worker.task is not None:
                done, worker.task = worker.task, None
                yield Done(done.number, said, tuple(done.skip.values()))

    def _patience(self) -> float | None:
        """Seconds until the first process is late; None where they may take as long as they like."""
        if not self._limit:
            return None
        busy = [one.since for one in self._workers if one.task is not None]
        return max(0.0, min(busy) + self._limit - time.monotonic()) if busy else 0.0

    def _died(self, worker: Worker) -> Iterator[Done]:
        worker.process.join()
        task, code = worker.task, worker.process.exitcode
        self._dismiss(worker)
        if task is None:
            return
        task.died[worker.doing] += 1
        if task.died[worker.doing] < _TRIES:
            self._waiting.appendleft(task)
        else:
            yield from self._left_out(task, worker.doing, f"not judged: its process died ({_ended(code)})")

    def _late(self) -> Iterator[Done]:
        late = [
            one
            for one in self._workers
            if self._limit and one.task is not None and time.monotonic() - one.since > self._limit
        ]
        for one in late:
            task = one.task
            self._dismiss(one)
            if task is not None:
                why = f"not judged: stopped after {self._limit:g} s (--timeout-per-run)"
                yield from self._left_out(task, one.doing, why)

    def _left_out(self, task: _Task, doing: str, why: str) -> Iterator[Done]:
        """The rest of a task without the run that was being judged; nothing where it was still being read."""
        if doing and doing not in task.skip:
            task.skip[doing] = f"{doing}: {why}"
            self._waiting.appendleft(task)
        else:
            yield Done(task.number, Lost(why), tuple(task.skip.values()))

    def _dismiss(self, worker: Worker) -> None:
        worker.stop()
        self._workers.remove(worker)


def _ended(code: int | None) -> str:
    if code is not None and code < 0:
        try:
            return f"killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"killed by signal {-code}"
    return f"exit code {code}"


def _serve(pipe: Connection, work: Work, tasks: Sequence[Any]) -> None:
    """What a process does until the pipe is closed."""
    # Ctrl-C reaches every process of the terminal; the one that was started by the user ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What was there before stays; of what a run leaves, soon enough that many runs take the memory of a few.
    gc.freeze()
    gc.set_threshold(_OBJECTS)
    try:
        while True:
            number, skip = pipe.recv()
            try:
                made: bytes | BaseException = work(tasks[number], skip, pipe.send)
            except Exception as error:  # wrong options, told by the process that was started by the user
                made = error
            pipe.send(made)
    except (EOFError, OSError):
        return
