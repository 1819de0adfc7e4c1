"""Large tables through pandas' C parser, with blanks told apart from a written ``nan``."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from rldoctor.readers.tabular.cells import Column, column

# How Python, numpy and C print it.
_WRITTEN_NAN = ("nan", "NaN", "NAN")


def big_columns(names: Sequence[str], body: str, delimiter: str) -> tuple[list[Column], int] | None:
    """The columns and the number of rows, or None when the rows are ragged (the csv module then copes)."""
    import pandas as pd

    # With a delimiter at the end of every row pandas would take the first column for an index.
    options: dict[str, Any] = {"header": None, "names": list(names), "sep": delimiter, "index_col": False}
    try:
        with warnings.catch_warnings():
            # Cells beyond the header's are cut off with a warning; here they are counted.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            # In chunks (``low_memory``) one column may come back with several types.
            frame = pd.read_csv(io.BytesIO(body.encode()), low_memory=False, **options)
    except (pd.errors.ParserError, pd.errors.ParserWarning, ValueError):
        return None
    # pandas makes NaN of a blank and of a written ``nan`` alike. Here they differ (not logged, logged as
    # NaN), so the few columns in which both are possible are read a second time, as text.
    written_nan = any(word in body for word in _WRITTEN_NAN)
    doubtful = [name for name in names if _doubtful(frame[name].to_numpy(), written_nan)]
    texts = (
        pd.read_csv(io.StringIO(body), dtype=str, keep_default_na=False, usecols=doubtful, **options)
        if doubtful
        else None
    )
    columns = [
        column(name, texts[name].tolist())
        if texts is not None and name in texts
        else _numbers(name, frame[name].to_numpy(dtype=np.float64))
        for name in names
    ]
    return columns, len(frame)


def _doubtful(values: Any, written_nan: bool) -> bool:
    """Whether the column must be read as text: not numbers, or NaN that may be written or blank."""
    if values.dtype.kind not in "fiub":
        return True
    return bool(written_nan and values.dtype.kind == "f" and np.isnan(values).any())


def _numbers(name: str, values: np.ndarray[Any, np.dtype[np.float64]]) -> Column:
    rows = np.flatnonzero(~np.isnan(values))
    return Column(name, rows.astype(np.float64), values[rows])
