"""``evaluations.npz`` of Stable-Baselines3's EvalCallback."""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from rldoctor.errors import ReadError
from rldoctor.model.raw import FloatArray, Note, RawSeries
from rldoctor.readers.archives import BROKEN, member, open_archive
from rldoctor.readers.limits import ARRAY_BYTES
from rldoctor.readers.tabular.contents import Contents

_SUFFIX = ".npy"
_ARRAYS = ("results", "ep_lengths", "successes")


def read_evaluations(path: Path) -> Contents:
    """Mean over the episodes of each evaluation, at its native time step.

    Tags ``evaluations.npz:results`` (returns), ``:ep_lengths`` and ``:successes``; pickled arrays are
    refused, never loaded. ReadError when the archive is damaged or has no ``timesteps``.
    """
    found = Contents(files=[path.name])
    try:
        with open_archive(path) as archive:
            steps = _array(archive, "timesteps").reshape(-1)
            for name in _ARRAYS:
                if f"{name}{_SUFFIX}" in archive.namelist():
                    _add(found, archive, name, steps, path.name)
    except (*BROKEN, SyntaxError, TypeError, RecursionError) as error:
        raise ReadError(f"{path}: not a readable evaluations.npz: {error}") from error
    return found


def _array(archive: zipfile.ZipFile, name: str) -> FloatArray:
    """An array as numbers. ValueError for a pickled one, which would run whatever code the file holds.

    What its header claims is held against the bytes that are there: numpy believes it, and makes room.
    """
    stream = io.BytesIO(member(archive, f"{name}{_SUFFIX}", ARRAY_BYTES))
    version = npy.read_magic(stream)
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, kind = read_header(stream)
    claimed = math.prod(shape) * max(1, kind.itemsize)
    if not kind.hasobject and claimed > len(stream.getbuffer()):
        raise ValueError(f"{name}: {claimed:,} bytes are declared, {len(stream.getbuffer()):,} are there")
    stream.seek(0)
    return np.asarray(npy.read_array(stream, allow_pickle=False), dtype=np.float64)


def _add(
    found: Contents, archive: zipfile.ZipFile, name: str, steps: np.ndarray[Any, Any], source: str
) -> None:
    tag = f"{source}:{name}"
    try:
        values = _array(archive, name)
    except ValueError as error:
        # Evaluations of unequal numbers of episodes are saved as an array of objects, which is a pickle.
        found.notes.append(Note("unreadable-array", f"{tag}: {error}", "warning", (tag,), lost=True))
        return
    means = values.reshape(len(values), -1).mean(axis=1) if values.size else values.reshape(-1)
    # Stable-Baselines3 appends to ``successes`` only where an episode told ``is_success``.
    count = min(len(means), len(steps))
    if count < max(len(means), len(steps)):
        found.notes.append(
            Note("ragged-rows", f"{tag}: {len(means)} evaluations, {len(steps)} steps", "warning", lost=True)
        )
    if count:
        found.series.append(RawSeries(tag, steps[:count], means[:count], source=source))
