"""What together is one run: directories of one training, and one training that was written twice.

Directories: a monitor file above ``PPO_1/``, evaluations in ``eval/`` below (``related``).

Twins (``join_twins``): runs of a repository that are also logged beside it. An Aim run says nowhere which
folder it belongs to, and its tags may be spelled otherwise than those of the event file (``ep_rew_mean`` in
context ``rollout``). What tells is the noise: two curves that go up and down and have the same values in the
same order are the same measurement. Schedules and counters are the same in every seed and prove nothing, so
only curves that change direction are compared.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from rldoctor.model.arrays import distinct
from rldoctor.model.raw import FloatArray, Note, RawRun, RawSeries
from rldoctor.patterns import pattern
from rldoctor.readers.merge import belongs_to, join, overlap
from rldoctor.readers.sources import RunDirectory
from rldoctor.readers.tensorboard.side_runs import attach_side_runs

_COMPANIONS = ("monitor", "evaluations", "monitor + evaluations")
_EVALUATION = pattern(r"eval|test|valid", re.IGNORECASE)
_LOG_FOLDER = pattern(r"^(tb|tensorboard|summar(y|ies)|events|logs?)([_-]?logs?)?$|^\w+_\d+$", re.IGNORECASE)


def related(places: Sequence[RunDirectory]) -> list[RunDirectory]:
    """The places with companions joined to the run they belong to; a joined place has no run left."""
    # By identity (two runs may be equal), and looked up rather than searched: 500 runs are 250,000 pairs.
    kept = {id(run) for run in attach_side_runs([run for place in places for run in place.runs])}
    by_directory = {place.directory: place for place in places}
    below: dict[Path, list[RunDirectory]] = {}
    for place in places:
        place.runs = [run for run in place.runs if id(run) in kept]
        parent = by_directory.get(place.directory.parent)
        if parent is not None and parent is not place:  # "." is its own parent
            below.setdefault(parent.directory, []).append(place)
    # Companions first, parents before what lies deeper: what has joined its run is no log that a table of
    # the folder above could join.
    for place in places:
        for part in below.get(place.directory, ()):
            _join_companion_below(place, part)
    for place in places:
        if parts := [part for part in below.get(place.directory, ()) if part.runs]:
            _join_above(place, parts)
    return list(places)


def _join_companion_below(parent: RunDirectory, place: RunDirectory) -> None:
    """``run/eval/evaluations.npz`` belongs to ``run``."""
    if len(place.runs) != 1 or place.runs[0].format not in _COMPANIONS or not parent.runs:
        return
    companion = place.runs[0]
    host = parent.runs[0] if len(parent.runs) == 1 else _fit(companion, parent.runs)
    if host is not None:
        _renamed(companion, place.directory.name)
        _replace(parent, host, join(host, companion, "lies in a folder below"))
        place.runs = []


def _join_above(place: RunDirectory, below: Sequence[RunDirectory]) -> None:
    """``run/monitor.csv`` or ``run/progress.csv`` belongs to ``run/PPO_1/events...``."""
    if len(place.runs) != 1 or "tensorboard" in place.runs[0].format:
        return
    table = place.runs[0]
    logs = [run for part in below for run in part.runs if "tensorboard" in run.format]
    # A lone log in a folder that a logger names (``PPO_1``, ``tb``) is the table's own. Any other folder may
    # be another experiment, and then the numbers have to agree.
    only = len(logs) == 1 and len(below) == 1 and _LOG_FOLDER.match(below[0].directory.name) is not None
    host = logs[0] if only and not table.id else _fit(table, logs)
    if host is None:
        return
    _renamed(table, "..")
    for part in below:
        if host in part.runs:
            _replace(part, host, join(host, table, "lies in the folder above"))
    place.runs = []


def _fit(table: RawRun, runs: Sequence[RawRun]) -> RawRun | None:
    fit = belongs_to(table, runs)
    return None if fit is None else fit[0]


def _replace(place: RunDirectory, old: RawRun, new: RawRun) -> None:
    new.path = place.directory
    place.runs = [new if run is old else run for run in place.runs]


def _renamed(table: RawRun, folder: str) -> None:
    """Give files their path from the run; what an evaluation's own monitor saw is not training."""
    table.files = [f"{folder}/{name}" for name in table.files]
    if _EVALUATION.search(folder):
        table.series = [
            replace(part, tag=f"{folder}/{part.tag}") if part.tag.startswith("monitor.csv:") else part
            for part in table.series
        ]


# Share of the comparable curves that must agree; below one, as a metric may be tracked in one place only.
_AGREE = 0.9
# Event files hold 24 bits, tables are often rounded to six digits.
_DIGITS = 1e-5
# So many different numbers in common are no accident, even of an episode counter or a rate of success.
_NUMBERS = 8


def join_twins(places: Sequence[RunDirectory]) -> None:
    """Give every repository run that is a run of the tree too to that run, with a note; the others stay.

    A run of the tree takes one twin at most. Where several runs of the tree have the same curves (one seed
    trained twice) the times decide, and where these do not tell the repository run stays, with a warning.
    """
    if not any(place.stores for place in places):
        return
    hosts = [(place, _noise(run), run) for place in places for run in place.runs]
    for place in places:
        for stored in list(place.stores):
            curves = _noise(stored)
            twins = [(host, run) for host, noise, run in hosts if _same(curves, noise)]
            chosen = _one_of(stored, twins)
            if chosen is not None:
                place.stores.remove(stored)
                _join(*chosen, stored, place)
                hosts = [host for host in hosts if host[2] is not chosen[1]]


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


def _join(place: RunDirectory, run: RawRun, stored: RawRun, store: RunDirectory) -> None:
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
