"""One training that was written twice: runs of a repository that are also logged elsewhere in the tree.

A run of Aim, W&B or MLflow says nowhere which folder it belongs to, and its tags may be spelled otherwise
than those of the event file (``ep_rew_mean`` in context ``rollout``). What tells is the noise: two curves
that go up and down and have the same values in the same order are the same measurement. Schedules and
counters are the same in every seed and prove nothing, so only curves that change direction are compared.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

import numpy as np

from rldoctor.model.arrays import distinct
from rldoctor.model.raw import FloatArray, Note, RawRun, RawSeries
from rldoctor.plain_data import dataclass, replace
from rldoctor.readers.merge import join, overlap
from rldoctor.readers.sources import RunDirectory
from rldoctor.readers.walk import STATE

# Share of the comparable curves that must agree; below one, as a metric may be tracked in one place only.
_AGREE = 0.9
# Event files hold 24 bits, tables are often rounded to six digits.
_DIGITS = 1e-5
# So many different numbers in common are no accident, even of an episode counter or a rate of success.
_NUMBERS = 8


@dataclass(slots=True)
class Host:
    """A run that may have twins: where it is, its curves that turn, the kinds of repository joined to it."""

    place: RunDirectory
    run: RawRun
    noise: list[FloatArray]
    kinds: set[str]


class Hosts:
    """All runs that a run of a repository may be, found by the first values of their curves.

    Comparing every curve with every other would take minutes for a sweep of 500 runs that is in W&B too.
    """

    def __init__(self, runs: Sequence[tuple[RunDirectory, RawRun]]) -> None:
        """The runs of the tree."""
        self._hosts = [Host(place, run, _noise(run), set()) for place, run in runs]
        self._first, self._owner = _index(self._hosts)
        self._added: set[str] = set()

    def add(self, place: RunDirectory, stored: RawRun, noise: list[FloatArray]) -> None:
        """A run that is in a repository only: one of another repository may be the same."""
        self._hosts.append(Host(place, stored, noise, {stored.format}))
        self._added.add(stored.format)

    def like(self, stored: RawRun, noise: list[FloatArray]) -> list[tuple[RunDirectory, RawRun]]:
        """The runs that have the curves of a run of a repository, and no twin of its kind yet."""
        # Runs of one kind are no twins of each other: a repository of thousands is indexed once, at its end.
        if self._added - {stored.format}:
            self._first, self._owner = _index(self._hosts)
            self._added.clear()
        hosts = [host for host in self._near(noise) if stored.format not in host.kinds]
        return [(host.place, host.run) for host in hosts if _same(noise, host.noise)]

    def replace(self, run: RawRun, joined: RawRun, kind: str) -> None:
        """``run`` has got a twin of this kind and is now ``joined``."""
        for host in self._hosts:
            if host.run is run:
                host.run = joined
                host.kinds.add(kind)

    def _near(self, noise: Sequence[FloatArray]) -> list[Host]:
        """Hosts with curves that begin where those of ``noise`` do, in the order of the tree."""
        starts = np.array([line[0] for line in noise])
        slack = np.abs(starts) * _DIGITS
        low = np.searchsorted(self._first, starts - slack)
        high = np.searchsorted(self._first, starts + slack, side="right")
        found = [self._owner[a:b] for a, b in zip(low, high, strict=True)]
        return [self._hosts[at] for at in distinct(np.concatenate(found))] if found else []


def _index(hosts: Sequence[Host]) -> tuple[FloatArray, np.ndarray[tuple[int], np.dtype[np.intp]]]:
    """The first values of all curves, sorted, and the number of the host each belongs to."""
    first = np.array([line[0] for host in hosts for line in host.noise], dtype=np.float64)
    owner = np.repeat(np.arange(len(hosts)), [len(host.noise) for host in hosts])
    order = np.argsort(first, kind="stable")
    return first[order], owner[order]


def join_twins(places: Sequence[RunDirectory]) -> None:
    """Give every repository run that is a run of the tree too to that run, with a note; the others stay.

    A run of the tree takes one twin of each kind of repository at most; a run that is in two repositories
    and nowhere else is joined to its twin in the first. Where several runs of the tree have the same curves
    (one seed trained twice) the times decide; where these do not tell, the repository run stays, with a
    warning.
    """
    stored = [(place, run) for place in places for run in place.stores]
    # Of Hugging Face's trainer the state is a second log, written above or beside the first.
    states = [(place, run) for place in places for run in place.runs if run.files == [STATE]]
    second = {id(run) for _, run in states}
    own = [(place, run) for place in places for run in place.runs if id(run) not in second]
    # Of one kind none is another's twin: a database of thousands by itself is not compared with anything.
    if not (stored or states) or bool(own) + len({run.format for _, run in (*stored, *states)}) < 2:
        return
    hosts = Hosts(own)
    for place, run in [*states, *stored]:
        _find_twin(hosts, place, run)


def _find_twin(hosts: Hosts, place: RunDirectory, stored: RawRun) -> None:
    noise = _noise(stored)
    twins = hosts.like(stored, noise)
    chosen = _one_of(stored, twins)
    if chosen is not None:
        place.stores = [run for run in place.stores if run is not stored]
        place.runs = [run for run in place.runs if run is not stored]
        kind = stored.format
        hosts.replace(chosen[1], _join(*chosen, stored, place), kind)
    elif not twins:
        hosts.add(place, stored, noise)


def _one_of(
    stored: RawRun, twins: Sequence[tuple[RunDirectory, RawRun]]
) -> tuple[RunDirectory, RawRun] | None:
    if len(twins) <= 1:
        return twins[0] if twins else None
    seconds = [overlap(stored, run) for _, run in twins]
    best = max(seconds)
    if best > 0 and seconds.count(best) == 1:
        return twins[seconds.index(best)]
    text = f"{len(twins)} runs of this tree have the same curves; cannot tell which of them it is"
    stored.notes.append(Note("not-attached", text, "warning"))
    return None


def _join(place: RunDirectory, run: RawRun, stored: RawRun, store: RunDirectory) -> RawRun:
    """Add what only the repository has; a curve that is there under another name is not added again."""
    known = [_line(part) for part in run.series]
    tags = {part.tag for part in run.series}
    stored.series = [
        part
        for part in stored.series
        if part.tag in tags or not _moves(line := _line(part)) or not any(_equal(line, one) for one in known)
    ]
    folder = os.path.relpath(store.directory, run.path)
    stored.files = [name if folder == "." else f"{folder}/{name}" for name in stored.files]
    stored.notes = [
        replace(note, text=f"{stored.format} run {stored.id}: {note.text}") for note in stored.notes
    ]
    stored.settings = [one for one in stored.settings if not _known(one.key, one.value, run)]
    joined = join(run, stored, f"(run {stored.id}) has the same curves")
    place.runs = [joined if one is run else one for one in place.runs]
    place.stores = [joined if one is run else one for one in place.stores]
    return joined


def _known(key: str, value: object, run: RawRun) -> bool:
    """Whether the run has this setting from its own files: they are nearer, and name a line."""
    return any(
        one.value == value and one.key.rpartition(".")[2] == key.rpartition(".")[2] for one in run.settings
    )


def _noise(run: RawRun) -> list[FloatArray]:
    """The values of every curve that changes direction."""
    return [line for part in run.series if _turns(line := _line(part))]


def _turns(line: FloatArray) -> bool:
    steps = np.diff(line)
    return bool((steps > 0).any() and (steps < 0).any())


def _moves(line: FloatArray) -> bool:
    return bool(line.size and np.ptp(line) > 0)


def _line(part: RawSeries) -> FloatArray:
    """The finite values in the order of the steps, the last of each step, as a repository keeps them."""
    values = part.values
    if part.axis == "step" and part.steps.size:
        order = np.argsort(part.steps, kind="stable")
        last = np.append(np.diff(part.steps[order]) != 0, True)
        values = values[order][last]
    return values[np.isfinite(values)]


def _same(one: Sequence[FloatArray], other: Sequence[FloatArray]) -> bool:
    """Whether nearly all curves of the source with fewer of them are in the other, in enough numbers."""
    fewer, more = sorted((one, other), key=len)
    shared = [max((_shared(line, candidate) for candidate in more), default=0) for line in fewer]
    return sum(shared) >= _NUMBERS and sum(map(bool, shared)) >= _AGREE * len(fewer)


def _shared(one: FloatArray, other: FloatArray) -> int:
    """How many different numbers two equal curves share, 0 when they are not equal or do not turn there."""
    size = min(one.size, other.size)
    return distinct(one[:size]).size if _equal(one, other) and _turns(one[:size]) else 0


def _equal(one: FloatArray, other: FloatArray) -> bool:
    """Equal as far as both go: one of the two may have been cut off when the training was killed."""
    size = min(one.size, other.size)
    # The first value, as a plain number, settles nearly every pair of a large tree.
    if size < 2 or not math.isclose(one[0], other[0], rel_tol=_DIGITS):
        return False
    return bool(np.allclose(one[:size], other[:size], rtol=_DIGITS, atol=0))
