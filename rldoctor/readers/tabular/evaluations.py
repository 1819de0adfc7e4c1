"""``evaluations.npz`` of Stable-Baselines3's EvalCallback."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from rldoctor.errors import ReadError
from rldoctor.model.raw import Note, RawSeries
from rldoctor.readers.tabular.contents import Contents

_ARRAYS = ("results", "ep_lengths", "successes")


def read_evaluations(path: Path) -> Contents:
    """Mean over the episodes of each evaluation, at its native time step.

    Tags ``evaluations.npz:results`` (returns), ``:ep_lengths`` and ``:successes``; pickled arrays are
    refused, never loaded. ReadError when the archive is damaged or has no ``timesteps``.
    """
    found = Contents(files=[path.name])
    try:
        # Loading a pickled array runs whatever code the file holds.
        with np.load(path, allow_pickle=False) as archive:
            steps = np.asarray(archive["timesteps"], dtype=np.float64).reshape(-1)
            for name in _ARRAYS:
                if name in archive.files:
                    _add(found, archive, name, steps, path.name)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ReadError(f"{path}: not a readable evaluations.npz: {error}") from error
    return found


def _add(found: Contents, archive: Any, name: str, steps: np.ndarray[Any, Any], source: str) -> None:
    tag = f"{source}:{name}"
    try:
        values = np.asarray(archive[name], dtype=np.float64)
    except ValueError as error:
        # Evaluations of unequal numbers of episodes are saved as an array of objects, which is a pickle.
        found.notes.append(Note("unreadable-array", f"{tag}: {error}", "warning", (tag,)))
        return
    means = values.reshape(len(values), -1).mean(axis=1) if values.size else values.reshape(-1)
    # Stable-Baselines3 appends to ``successes`` only where an episode told ``is_success``.
    count = min(len(means), len(steps))
    if count < max(len(means), len(steps)):
        found.notes.append(
            Note("ragged-rows", f"{tag}: {len(means)} evaluations, {len(steps)} steps", "warning")
        )
    if count:
        found.series.append(RawSeries(tag, steps[:count], means[:count], source=source))
