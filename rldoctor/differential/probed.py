"""Which experiment tells two kinds of faults apart, by trainings that were made on probe tasks.

A probe is a task of one or two decisions that a working program learns in minutes. Programs with a planted
fault were trained on each (``probes.json``), so what a failure speaks for is counted.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from rldoctor.differential.criteria import DifferentialCriteria, KindOfFault, Probe
from rldoctor.errors import ReadError
from rldoctor.files import read_text
from rldoctor.model.differential import Experiment, ProbeCount
from rldoctor.paths import reference_runs
from rldoctor.plain_data import dataclass

FILE = "probes.json"
# The mechanism of a training without a fault.
NO_FAULT = "none"
MAX_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Probed:
    """One training on a probe task.

    ``reward``: mean reward of an episode in its last fifth, at most 1; None of a training that broke down.
    """

    algorithm: str
    probe: str
    mechanism: str
    fault: str
    seed: int
    reward: float | None


def probed() -> tuple[Probed, ...]:
    """The trainings that ship with the program; none where the installation lacks them."""
    path = reference_runs(FILE)
    return () if path is None else read_probed(path)


@lru_cache(maxsize=2)
def read_probed(path: Path) -> tuple[Probed, ...]:
    """The trainings of a file. ReadError for one that is damaged."""
    try:
        held = json.loads(read_text(path, MAX_BYTES))
        columns = held["columns"]
        return tuple(Probed(**dict(zip(columns, row, strict=True))) for row in held["trainings"])
    except (ValueError, KeyError, TypeError) as error:
        raise ReadError(f"{path} is damaged: {error}", hint="Install rl-training-doctor again.") from error


def experiment(
    first: KindOfFault,
    second: KindOfFault,
    family: str,
    criteria: DifferentialCriteria,
    trainings: Sequence[Probed],
) -> Experiment | None:
    """The check that decides, or the probe that most of the one kind learned and few of the other.

    Only trainings of the family's algorithms count. None where no probe tells the two apart.
    """
    for kind in (first, second):
        if kind.decides:
            return Experiment(kind.check, kind.line)
    of_family = [one for one in trainings if criteria.family(one.algorithm) == family]
    told = [(probe, _counts(of_family, probe, first, second, criteria)) for probe in criteria.probes]
    counted = [row for row in told if min(n.trainings for n in row[1]) >= criteria.limits["probe_least"]]
    probe, counts = max(counted, key=lambda row: _apart(row[1]), default=(None, ()))
    if probe is None or _apart(counts) < criteria.limits["probe_apart"]:
        return None
    return Experiment(probe.title, probe.line, counts)


def _counts(
    trainings: Sequence[Probed],
    probe: Probe,
    first: KindOfFault,
    second: KindOfFault,
    criteria: DifferentialCriteria,
) -> tuple[ProbeCount, ...]:
    """Of the two kinds, and of trainings without a fault."""
    groups = ((first.id, first.mechanisms), (second.id, second.mechanisms), (NO_FAULT, (NO_FAULT,)))
    enough, found = criteria.limits["probe_learned"], []
    for name, mechanisms in groups:
        ends = [one.reward for one in trainings if one.probe == probe.id and one.mechanism in mechanisms]
        learned = sum(reward is not None and reward >= enough for reward in ends)
        found.append(ProbeCount(name, learned, len(ends)))
    return tuple(found)


def _apart(counts: tuple[ProbeCount, ...]) -> float:
    one, other = (count.learned / count.trainings for count in counts[:2])
    return abs(one - other)
