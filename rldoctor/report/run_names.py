"""Names that tell runs apart: the part of the path that differs, else an id, else a setting."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePath

from rldoctor.model.finding import Diagnosis
from rldoctor.model.run import Run
from rldoctor.patterns import pattern
from rldoctor.report.clean import clean

# The name of a random id says nothing: eight letters and digits or more, at least one of each.
_RANDOM = pattern(r"(?=.*\d)(?=.*[a-z])[0-9a-z]{8,}")
MAX_SETTINGS = 2


def names(diagnoses: Sequence[Diagnosis]) -> list[str]:
    """The shortest name that tells each run from the others."""
    runs = [one.run for one in diagnoses]
    found = _unique([(os.fspath(run.path), run.id) for run in runs], shortest=True)
    return _numbered(_with_settings(found, runs))


def relative_names(diagnoses: Sequence[Diagnosis]) -> list[str]:
    """The path of each run below what is common to all, in full: what a CI system knows it by."""
    return relative_places([(os.fspath(one.run.path), one.run.id) for one in diagnoses])


def short_places(places: Sequence[tuple[str, str]]) -> list[str]:
    """The shortest name that tells each of these runs, a path and an id, from the others."""
    return _numbered(_unique(places, shortest=True))


def relative_places(places: Sequence[tuple[str, str]]) -> list[str]:
    """As :func:`relative_names`, of the path and id of each run."""
    return _numbered(_unique(places, shortest=False))


def _unique(places: Sequence[tuple[str, str]], *, shortest: bool) -> list[str]:
    found = [clean(text) for text in _short(places, shortest=shortest)]
    counts = Counter(found)
    return [
        clean(_with_id(name, identity)) if counts[name] > 1 else name
        for name, (_, identity) in zip(found, places, strict=True)
    ]


def full_names(diagnoses: Sequence[Diagnosis]) -> list[str]:
    """The path of each run, with its id where several runs have one path."""
    paths = [os.fspath(one.run.path) for one in diagnoses]
    counts = Counter(paths)
    return [
        clean(_with_id(path, one.run.id) if counts[path] > 1 else path)
        for path, one in zip(paths, diagnoses, strict=True)
    ]


def _short(places: Sequence[tuple[str, str]], *, shortest: bool) -> list[str]:
    """Each path without the beginning that all have, and with ``shortest`` without the end that all have."""
    paths = [path for path, _ in places]
    if len(set(paths)) == 1:
        return [identity or path for path, identity in places]
    try:
        base = os.path.commonpath([str(Path(path).parent) for path in paths])
        parts = [PurePath(os.path.relpath(path, base)).parts for path in paths]
    except ValueError:  # relative and absolute paths mixed, or two drives
        return paths
    while shortest and all(len(one) > 1 for one in parts) and len({one[-1] for one in parts}) == 1:
        parts = [one[:-1] for one in parts]
    return ["/".join(one) for one in parts]


def _with_id(name: str, identity: str) -> str:
    """Two runs of one directory: what their ids add to its name (``exp1#2``), or the whole id."""
    last, base = identity.rpartition("/")[2], name.rpartition("/")[2]
    return name + last.removeprefix(base) if last.startswith(base) else f"{name} [{last}]"


def _with_settings(found: list[str], runs: Sequence[Run]) -> list[str]:
    """Random ids, with the settings in which the runs differ."""
    if len(runs) < 2 or not all(_RANDOM.fullmatch(name.rpartition("/")[2]) for name in found):
        return found
    values = {name: [_value(run, name) for run in runs] for run in runs for name in run.config.knobs}
    telling = sorted((key for key, one in values.items() if len(set(one)) > 1), key=lambda key: key == "seed")
    return [
        f"{name} ({', '.join(f'{key}={values[key][place]}' for key in telling[:MAX_SETTINGS])})"
        if telling
        else name
        for place, name in enumerate(found)
    ]


def _value(run: Run, name: str) -> str:
    knob = run.config.knobs.get(name)
    return "default" if knob is None else clean(knob.written)


def _numbered(found: list[str]) -> list[str]:
    """A number behind each of those that are still the same."""
    seen: dict[str, int] = {}
    for name in found:
        seen[name] = seen.get(name, 0) + 1
    count: dict[str, int] = {}
    made = []
    for name in found:
        count[name] = count.get(name, 0) + 1
        made.append(f"{name} ({count[name]})" if seen[name] > 1 else name)
    return made
