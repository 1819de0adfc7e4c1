"""The notation for test series."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from every import every

from rldoctor.errors import ExpressionError
from rldoctor.rulebook.series_notation import series

NAN, INF = float("nan"), float("inf")


@every(
    ("text", "expected"),
    [
        ("5", [5]),
        ("0.012x3", [0.012] * 4),
        ("1e-3x1", [1e-3] * 2),
        ("-2.5e+1x1", [-25] * 2),
        ("1+2x3", [1, 3, 5, 7]),
        ("5-0.5x2", [5, 4.5, 4]),
        ("2*3x2", [2, 6, 18]),
        ("1e-3+1e-3x1", [1e-3, 2e-3]),
        ("-1-1x1", [-1, -2]),
        ("5 4.9-0.1x1", [5, 4.9, 4.8]),
        ("nan inf -inf nanx1", [NAN, INF, -INF, NAN, NAN]),
        ("  .5   1. ", [0.5, 1]),
        ("2*1e300x2", [2, 2e300, INF]),
    ],
)
def test_values(text: str, expected: list[float]) -> None:
    values, exists = series(text)
    assert np.allclose(values, expected, equal_nan=True)
    assert exists.all(), "a logged NaN is a point"


def test_missing_points() -> None:
    values, exists = series("1 _ 2 _x2 3 ~0.1")
    assert exists.tolist() == [True, False, True, False, False, False, True]
    assert np.isnan(values[~exists]).all()
    assert np.isfinite(values[exists]).all()


def test_noise_is_gaussian_and_seeded() -> None:
    values, _ = series("10x9999 ~2", "seed")
    assert values.mean() == pytest.approx(10, abs=0.1)
    assert values.std() == pytest.approx(2, rel=0.05)
    assert np.array_equal(series("10x9999 ~2", "seed")[0], values)
    assert not np.array_equal(series("10x9999 ~2", "other")[0], values)
    relative, _ = series("-10x9999 ~5%")
    assert relative.std() == pytest.approx(0.5, rel=0.05)


def test_noise_is_the_same_in_every_process() -> None:
    code = "from rldoctor.rulebook.series_notation import series; print(series('1x2 ~1', 's')[0].tolist())"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == str(series("1x2 ~1", "s")[0].tolist())


@every(
    ("text", "offset"),
    [
        ("", 0),
        ("~1", 0),
        ("1 two", 2),
        ("1+2", 0),
        ("_+1x2", 0),
        ("1x", 0),
        ("1 2x-3", 2),
        ("1 ~0.1 2", 2),
        ("1 ~-1", 2),
        ("1x100000", 0),
        ("1x99999999999999999999", 0),
        ("1x60000 1x60000", 0),
        ("1/2x3", 0),
    ],
)
def test_what_is_no_series(text: str, offset: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        series(text)
    assert caught.value.offset == offset
