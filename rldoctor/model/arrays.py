"""What numpy can do, without ``numpy.ma``: its import, which these numpy functions cause, takes 14 ms."""

from __future__ import annotations

import numpy as np

from rldoctor.model.raw import FloatArray

# Of a range, by which sums of the same numbers differ.
_ROUNDING = 1e-6


def distinct(values: FloatArray) -> FloatArray:
    """The different values, ascending, as ``np.unique``."""
    # Only for values alone it asks whether they are masked.
    return np.unique(values, return_counts=True)[0]


def median(values: FloatArray) -> float:
    """As ``np.median`` of an array of shape (n,): NaN where one of the values is, and for none."""
    size = values.size
    if not size:
        return float("nan")
    half = size // 2
    # The largest too, which is NaN where there is one.
    part = np.partition(values, (half - 1 + size % 2, half, size - 1))
    if np.isnan(part[-1]):
        return float("nan")
    return float(part[half]) if size % 2 else float((part[half - 1] + part[half]) / 2)


def medians(values: FloatArray) -> FloatArray:
    """As ``np.median(values, axis=0)`` of an array of shape (n, k) with n > 0; a NaN may hide in a column."""
    size = values.shape[0]
    half = size // 2
    part = np.partition(values, (half - 1 + size % 2, half), axis=0)
    middle: FloatArray = part[half] if size % 2 else (part[half - 1] + part[half]) / 2
    return middle


def mostly_least(values: FloatArray) -> bool:
    """Whether half of the values or more are the least of them, but for rounding; shape (n,) with n > 0."""
    # Halves, as the range of the largest numbers is none.
    least, largest = float(values.min()) / 2, float(values.max()) / 2
    return least < largest and median(values) / 2 - least <= _ROUNDING * (largest - least)


def quantile(values: FloatArray, share: float) -> float:
    """As ``np.quantile(values, share)`` of an array of shape (n,) with n > 0: NaN where one of them is."""
    last = values.size - 1
    place = last * share
    below = int(place)
    part = np.partition(values, (below, min(below + 1, last), last))
    if np.isnan(part[-1]):
        return float("nan")
    low, high, way = part[below], part[min(below + 1, last)], place - below
    # From the nearer of the two, as numpy does it: else the last digit may differ.
    return float(high - (high - low) * (1 - way) if way >= 0.5 else low + (high - low) * way)
