"""Our median, quantile and distinct values are numpy's."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rldoctor.model.arrays import distinct, median, quantile

VALUES = arrays(np.float64, st.integers(0, 40), elements=st.floats(allow_nan=True, allow_infinity=True))
FEW = arrays(
    np.float64, st.integers(0, 40), elements=st.sampled_from([0.0, 1.0, 2.5, np.nan, np.inf, -np.inf])
)


@given(st.one_of(VALUES, FEW))
@pytest.mark.filterwarnings("ignore")
def test_as_numpy(values: np.ndarray) -> None:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        np.testing.assert_equal(median(values), float(np.median(values)))
    np.testing.assert_array_equal(distinct(values), np.unique(values))


@given(st.one_of(VALUES, FEW), st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.2, 0.5, 0.75, 1.0])))
def test_a_quantile_to_the_last_digit(values: np.ndarray, share: float) -> None:
    if not values.size:
        return
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        np.testing.assert_equal(quantile(values, share), float(np.quantile(values, share)))
