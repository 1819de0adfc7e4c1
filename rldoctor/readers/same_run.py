"""Directories that together are one run: a monitor file above ``PPO_1/``, evaluations in ``eval/`` below."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from rldoctor.model.raw import RawRun
from rldoctor.patterns import pattern
from rldoctor.plain_data import replace
from rldoctor.readers.merge import belongs_to, join
from rldoctor.readers.sources import RunDirectory

_COMPANIONS = ("monitor", "evaluations", "monitor + evaluations")
_EVALUATION = pattern(r"eval|test|valid", re.IGNORECASE)
_LOG_FOLDER = pattern(r"^(tb|tensorboard|summar(y|ies)|events|logs?)([_-]?logs?)?$|^\w+_\d+$", re.IGNORECASE)


def related(places: Sequence[RunDirectory]) -> list[RunDirectory]:
    """The places with companions joined to the run they belong to; a joined place has no run left."""
    if sum(len(place.runs) for place in places) < 2:
        return list(places)
    from rldoctor.readers.tensorboard.side_runs import attach_side_runs

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
        _join_zoo(by_directory, place)
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


def _join_zoo(places: Mapping[Path, RunDirectory], zoo: RunDirectory) -> None:
    """``CartPole-v1_1/evaluations.npz`` belongs to ``PPO_1/events...`` where rl-zoo says so."""
    if len(zoo.runs) != 1 or zoo.runs[0].format not in _COMPANIONS:
        return
    from rldoctor.readers.zoo_folder import event_folder

    folder = event_folder(zoo.directory)
    home = places.get(folder) if folder is not None else None
    if home is None or len(home.runs) != 1 or "tensorboard" not in home.runs[0].format:
        return
    companion = zoo.runs[0]
    _renamed(companion, f"../{zoo.directory.name}")
    _replace(home, home.runs[0], join(home.runs[0], companion, "lies in rl-zoo's folder of this run"))
    zoo.runs = []


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
