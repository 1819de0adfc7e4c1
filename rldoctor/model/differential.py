"""Where the rules leave more than one kind of fault: which, their shares, and what tells them apart."""

from __future__ import annotations

from rldoctor.plain_data import dataclass


@dataclass(frozen=True, slots=True)
class OpenTraining:
    """A training with a planted fault that was left open in the same way, and what its fault cost.

    ``kept`` is the part, in [0, 1] or below 0, of what the same training gains without the fault.
    """

    algorithm: str
    env: str
    fault: str
    kept: float


@dataclass(frozen=True, slots=True)
class OpenKind:
    """One kind of fault that the log does not rule out.

    ``share``: its estimated probability among the trainings with a planted fault that were left open, in
    (0, 1). ``same`` and ``family``: trainings with this kind that were left with the same finding, and with
    any, among those of the run's family of algorithms. ``check`` finds it, with ``line`` as the code.
    ``examples``: the nearest such trainings first.
    """

    id: str
    title: str
    share: float
    same: int
    family: int
    check: str
    line: str
    examples: tuple[OpenTraining, ...] = ()


@dataclass(frozen=True, slots=True)
class ProbeCount:
    """Trainings with a planted fault of a kind on a probe task: how many there were, and learned it."""

    kind: str
    learned: int
    trainings: int


@dataclass(frozen=True, slots=True)
class Experiment:
    """What tells the first two kinds apart, with ``line`` as the code.

    ``counts`` are those of the first kind, of the second and of no fault (``none``) where it is a probe task,
    which ``says`` describes; empty where it is the check of one of the two.
    """

    says: str
    line: str
    counts: tuple[ProbeCount, ...] = ()


@dataclass(frozen=True, slots=True)
class Differential:
    """The kinds of faults that are left, the most frequent first.

    ``finding``: the code that was left without a cause. ``family``: the run's algorithms in words. ``same``
    and ``of_family`` are the trainings counted, with this finding and with any. ``refuted``: what was planted
    in trainings that are not counted, because this log shows that the run does not have it.
    ``experiment`` tells the first two apart, None where nothing that was tried does.
    """

    finding: str
    family: str
    same: int
    of_family: int
    kinds: tuple[OpenKind, ...]
    refuted: tuple[str, ...] = ()
    experiment: Experiment | None = None
