"""The draws are numpy's."""

from __future__ import annotations

import numpy as np
import pytest

from rldoctor.outcome.lots import Lots

SEED = 20210830


@pytest.mark.parametrize("high", [1, 2, 3, 7, 40, 150, 2**31 + 12345, 2**32 - 1])
def test_draws_are_those_of_numpy(high: int) -> None:
    lots, generator = Lots(), np.random.default_rng(SEED)
    for count in (301, 1, 200):  # the second draw goes on where the first one stopped
        assert lots.integers(high, count) == generator.integers(0, high, count).tolist()
