"""Names that tell runs apart: the part of the path that differs, else an id, else a setting."""

from __future__ import annotations

import os
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
    return _unique([one.run for one in diagnoses], shortest=True)


def relative_names(diagnoses: Sequence[Diagnosis]) -> list[str]:
    """The path of each run below what is common to all, in full: what a CI system knows it by."""
    return _unique([one.run for one in diagnoses], shortest=False)


def _unique(runs: Sequence[Run], *, shortest: bool) -> list[str]:
    found = [clean(text) for text in _short(runs, shortest=shortest)]
    repeated = {name for name in found if found.count(name) > 1}
    found = [
        clean(_with_id(name, run.id)) if name in repeated else name
        for name, run in zip(found, runs, strict=True)
    ]
    return _numbered(_with_settings(found, runs) if shortest else found)


def full_names(diagnoses: Sequence[Diagnosis]) -> list[str]:
    """The path of each run, with its id where several runs have one path."""
    paths = [os.fspath(one.run.path) for one in diagnoses]
    return [
        clean(_with_id(path, one.run.id) if paths.count(path) > 1 else path)
        for path, one in zip(paths, diagnoses, strict=True)
    ]


def _short(runs: Sequence[Run], *, shortest: bool) -> list[str]:
    """Each path without the beginning that all have, and with ``shortest`` without the end that all have."""
    paths = [os.fspath(run.path) for run in runs]
    if len(set(paths)) == 1:
        return [run.id or path for run, path in zip(runs, paths, strict=True)]
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
