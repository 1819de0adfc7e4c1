"""Trailing windows of a fixed number of points, NaN skipped, in bounded memory."""

from __future__ import annotations

from bisect import bisect_left, insort

import numpy as np

from rldoctor.model.raw import FloatArray

# Up to this width sorting every window with numpy is faster than keeping one sorted list; measured.
_SORTED_WIDTH = 64
_CHUNK = 16_384


def rolling_mean(values: FloatArray, span: int) -> FloatArray:
    """Mean of the last ``span`` points up to each point (fewer at the start); NaN where all are NaN.

    Block-wise prefix and suffix sums add only numbers inside the window: a single 1e20 (a diverged loss) does
    not swallow what comes after it, as a running total would.
    """
    known = ~np.isnan(values)
    total = _window_sum(np.where(known, values, 0.0), span)
    return np.asarray(total / _window_sum(known.astype(np.float64), span), dtype=np.float64)


def _window_sum(values: FloatArray, span: int) -> FloatArray:
    """Sum over the last ``span`` points: the end of one block plus the start of the next."""
    n = values.size
    padded = np.concatenate([np.zeros(span), values, np.zeros(-n % span)]).reshape(-1, span)
    prefix = np.cumsum(padded, axis=1).ravel()
    suffix = np.cumsum(padded[:, ::-1], axis=1)[:, ::-1]
    # A window that ends with its block is one whole prefix; the suffix to add is then that of nothing.
    rest = np.concatenate([suffix[:, 1:], np.zeros((len(suffix), 1))], axis=1).ravel()
    return np.asarray(prefix[span : span + n] + rest[:n], dtype=np.float64)


def rolling_median(values: FloatArray, span: int) -> FloatArray:
    """Median of the last ``span`` points up to each point (fewer at the start); NaN where all are NaN."""
    if not values.size:
        return values
    return _by_sorting(values, span) if span <= _SORTED_WIDTH else _by_sorted_list(values, span)


def _by_sorting(values: FloatArray, span: int) -> FloatArray:
    padded = np.concatenate([np.full(span - 1, np.nan), values])
    windows = np.lib.stride_tricks.sliding_window_view(padded, span)
    # In chunks: all windows at once are n x span numbers, 100 MB for a long log.
    parts = [_row_medians(windows[start : start + _CHUNK]) for start in range(0, values.size, _CHUNK)]
    return np.concatenate(parts)


def _row_medians(rows: FloatArray) -> FloatArray:
    """Median of each row without its NaN, which numpy sorts to the end."""
    ordered = np.sort(rows, axis=1)
    count = (~np.isnan(rows)).sum(axis=1)
    index = np.arange(len(rows))
    return _middle(ordered[index, np.maximum(count - 1, 0) // 2], ordered[index, count // 2])


def _middle(low: FloatArray, high: FloatArray) -> FloatArray:
    """Half way between, without making NaN of two equal infinities."""
    return np.where(low == high, low, low + (high - low) / 2)


def _by_sorted_list(values: FloatArray, span: int) -> FloatArray:
    window: list[float] = []
    points = values.tolist()
    # One sorted window, into which each point is inserted and out of which the oldest is taken: log(span)
    # comparisons a point, and no more memory than the window.
    low, high = np.full(values.size, np.nan), np.full(values.size, np.nan)
    for index, point in enumerate(points):
        # NaN is the one value that is not equal to itself; sorting it in would break the order of the list.
        if point == point:
            insort(window, point)
        gone = points[index - span] if index >= span else float("nan")
        if gone == gone:
            del window[bisect_left(window, gone)]
        if window:
            low[index], high[index] = window[(len(window) - 1) // 2], window[len(window) // 2]
    return _middle(low, high)
