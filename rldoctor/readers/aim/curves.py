"""Metrics of a run as raw series.

Aim files a point under a hash of its step, in hash order, and writes its value, time and step one after the
other. Each column is therefore read with its keys and the columns are joined on them before sorting by step:
columns of unequal length (a process killed between two writes) would else be shifted against each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from rldoctor.model.raw import FloatArray, Note, RawSeries
from rldoctor.readers.aim.damage import RepositoryDamage

if TYPE_CHECKING:
    from numpy.typing import NDArray

Keys: TypeAlias = "NDArray[np.int64]"
# Sequence types that are numbers, or that nobody looks for: the captured console output.
_NOT_NOTED = ("metric", "logs", "log_records")


def read_curves(run: Any, damage: RepositoryDamage) -> list[RawSeries]:
    """One series per metric name and context, in that order. Unreadable ones go to ``damage``."""
    return sorted(_each(run, damage), key=lambda series: (series.tag, sorted(series.context.items())))


def _each(run: Any, damage: RepositoryDamage) -> Iterator[RawSeries]:
    for name, context, _ in run.iter_metrics_info():
        try:
            yield _read(run.get_metric(name, context), name, context_of(context), damage)
        # A missing or corrupt table only concerns the metrics in it; any layer below may raise its own type.
        except Exception as error:
            damage.metric(name, error)


def context_of(context: Any) -> dict[str, str]:
    """The tracking context as text; None (Aim's TensorBoard sync writes it) is the empty text."""
    return {str(key): "" if value is None else str(value) for key, value in context.to_dict().items()}


def _read(metric: Any, name: str, context: dict[str, str], damage: RepositoryDamage) -> RawSeries:
    if metric is None:  # announced, but the process ended before the first value was stored
        empty = np.empty(0)
        return RawSeries(name, empty, empty, empty, context, ".aim")
    keys, values = metric.values.sparse_numpy()
    time_keys, times = metric.timestamps.sparse_numpy()
    step_keys, steps = _steps(metric, keys)
    if not (np.array_equal(keys, step_keys) and np.array_equal(keys, time_keys)):
        whole = np.intersect1d(np.intersect1d(keys, step_keys), time_keys)
        damage.notes.append(_incomplete(name, keys.size - whole.size))
        values, times = _pick(keys, values, whole), _pick(time_keys, times, whole)
        steps = _pick(step_keys, steps, whole)
    order = np.argsort(steps, kind="stable")
    sort = partial(_sorted, order)
    return RawSeries(name, sort(steps), sort(values), sort(times), context, ".aim")


def _sorted(order: Keys, column: NDArray[Any]) -> FloatArray:
    return np.asarray(column, dtype=np.float64)[order]


def _steps(metric: Any, keys: Keys) -> tuple[Keys, Keys]:
    """Keys and steps; in the older sequence format (version 1) the key is the step itself."""
    if metric.version == 1:
        return keys, keys
    step_keys, steps = metric.data.steps.sparse_numpy()
    return step_keys, steps


def _pick(keys: Keys, column: NDArray[Any], wanted: Keys) -> NDArray[Any]:
    """The entries of ``column`` whose key is in the sorted array ``wanted``, in that order."""
    order = np.argsort(keys)
    return column[order[np.searchsorted(keys, wanted, sorter=order)]]


def _incomplete(name: str, lost: int) -> Note:
    text = (
        # A step or a time without a value costs no value, but shows the same interrupted write.
        f"{max(lost, 1)} point(s) without step, value or time left out: the process ended between two writes."
    )
    return Note("aim-incomplete-points", text, "info", (name,))


def other_sequences(run: Any) -> list[Note]:
    """A note on tracked images, texts and the like, which are not read (nor are console logs)."""
    from aim.sdk.sequence import Sequence

    kinds = tuple(kind for kind in Sequence.registry if kind not in _NOT_NOTED)
    found = run.collect_sequence_info(kinds, skip_last_value=True)
    names = sorted({entry["name"] for entries in found.values() for entry in entries})
    if not names:
        return []
    text = f"{len(names)} tracked sequence(s) that are not numbers were left out."
    return [Note("aim-not-scalar", text, "info", tuple(names))]
