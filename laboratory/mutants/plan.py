"""Which trainings are made, and in which order."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from laboratory.mutants.table import PlantedFault, TrainingTask, faults, tasks

SEEDS = (0, 1, 2)
LAYOUTS = ("tensorboard", "csv-monitor", "zoo", "csv-config")
HEALTHY = "healthy"
FIRST_TASKS = 2
# The twins of a task come just before the first, second and fifth fault that is planted in it: a judgement is
# possible early, and an hour is not spent on healthy runs alone.
TWIN_BEFORE = (0, 1, 4)


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One training: a fault (None: the unchanged library) in a task, with a seed."""

    task: TrainingTask
    fault: PlantedFault | None
    seed: int

    @property
    def name(self) -> str:
        """What it is, for people."""
        return f"{self.task.name}/{self.fault.name if self.fault else HEALTHY}/{self.seed}"

    @property
    def key(self) -> str:
        """Name of its folder, which must not tell what was planted."""
        return f"r{zlib.crc32(self.name.encode()):08x}"

    @property
    def layout(self) -> str:
        """Which of the usual layouts it is logged in; two of the four have a configuration beside the log."""
        return LAYOUTS[zlib.crc32(f"layout of {self.name}".encode()) % len(LAYOUTS)]


def plan() -> list[PlannedRun]:
    """Every training, in rounds that each hold every fault, with the healthy twins strewn in.

    The first round plants every fault in one task of discrete and one of continuous actions, the next ones in
    further tasks, the last ones repeat with further seeds; within a round the order is random (but always the
    same), so that a prefix of any length is balanced over mechanisms, algorithms and tasks.
    """
    return list(_with_twins(_faulty()))


def _faulty() -> Iterator[PlannedRun]:
    """The runs with a fault, round by round."""
    cells = {fault.name: _cells(fault, turn) for turn, fault in enumerate(faults().values())}
    for seed_turn in range(len(SEEDS)):
        longest = max(len(found) for found in cells.values())
        for start in range(0, longest, FIRST_TASKS):
            chunk = [
                PlannedRun(task, fault, SEEDS[(seed_turn + start + place) % len(SEEDS)])
                for fault in faults().values()
                for place, task in enumerate(cells[fault.name][start : start + FIRST_TASKS])
            ]
            random.Random(f"{seed_turn} {start}").shuffle(chunk)
            yield from chunk


def _cells(fault: PlantedFault, turn: int) -> list[TrainingTask]:
    """The tasks a fault fits, discrete and continuous in turn, core ones first, rotated by the fault."""
    fitting = [task for task in tasks().values() if fault.fits(task)]
    kinds = []
    for kind in ("discrete", "continuous"):
        core = [task for task in fitting if task.actions == kind and task.core]
        rest = [task for task in fitting if task.actions == kind and not task.core]
        kinds.append([*_rotated(core, turn), *_rotated(rest, turn)])
    return [task for pair in zip_longest(*kinds) for task in pair if task is not None]


def _rotated(found: Sequence[TrainingTask], turn: int) -> list[TrainingTask]:
    """The same tasks from another beginning."""
    start = turn % len(found) if found else 0
    return [*found[start:], *found[:start]]


def _with_twins(runs: Iterator[PlannedRun]) -> Iterator[PlannedRun]:
    """Put the healthy runs of a task before the faults planted in it."""
    planted: dict[str, int] = {}
    for run in runs:
        count = planted.get(run.task.name, 0)
        if count in TWIN_BEFORE:
            yield PlannedRun(run.task, None, SEEDS[TWIN_BEFORE.index(count)])
        planted[run.task.name] = count + 1
        yield run
