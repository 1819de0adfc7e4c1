"""Reducing curves and choosing how to show them."""

import numpy as np
import pytest
from every import every
from report_samples import ppo_run

from rldoctor.model.finding import Finding, Measure, Severity
from rldoctor.model.frame import MetricFrame
from rldoctor.model.series import Series
from rldoctor.report.html.curves import curve, means, reduce, rough, view
from rldoctor.report.html.figures import Figures, limits_by_metric


@every("n", [1, 2, 1999, 2000, 2001, 2003, 50_000, 123_457])
def test_reduced_curves_keep_ends_extremes_and_order(n):
    rng = np.random.default_rng(n)
    x = np.cumsum(rng.integers(1, 9, n)).astype(float)
    y = rng.standard_normal(n)
    y[n // 3] = 1e9
    rx, ry = reduce(x, y)
    assert rx.size <= 2000
    assert rx[0] == x[0]
    assert rx[-1] == x[-1]
    assert (ry.max(), ry.min()) == (y.max(), y.min())
    assert np.all(np.diff(rx) > 0)
    assert np.array_equal(y[np.searchsorted(x, rx)], ry)


def test_nothing_is_made_up_for_an_empty_or_constant_curve():
    assert reduce(np.empty(0), np.empty(0))[0].size == 0
    x, y = reduce(np.arange(9000.0), np.ones(9000))
    assert set(y) == {1.0}
    assert x[-1] == 8999


def test_a_restless_curve_gets_its_mean_and_a_calm_one_does_not():
    steps, rng = np.arange(1000.0), np.random.default_rng(0)
    noisy = steps + 400 * rng.standard_normal(1000)
    assert rough(noisy)
    assert not rough(steps)
    assert not rough(noisy[:299])
    x, y = means(steps, noisy)
    assert (x.size, x[0], x[-1]) == (100, 4.5, 994.5)
    assert y == pytest.approx(noisy.reshape(100, 10).mean(axis=1))
    assert curve(Series("a", steps, noisy, "a"))["mean"]["y"] == pytest.approx(y, rel=1e-5)
    assert "mean" not in curve(Series("a", steps, steps, "a"))
    assert means(np.empty(0), np.empty(0))[0].size == 0


def test_the_same_curve_by_another_name_is_drawn_once():
    steps, values = np.arange(50.0), np.random.default_rng(0).random(50)
    parts = {
        "outcome_return": Series("outcome_return", steps, values, "derived from r"),
        "episode_return": Series("episode_return", steps, values, "r"),
        "entropy": Series("entropy", steps, -values, "e"),
    }
    run = ppo_run(metrics=MetricFrame(parts))
    finding = Finding("A-1", "a", "A", Severity.ERROR, "m", metrics=tuple(parts))
    assert [one["title"] for one in Figures(100).finding(1, run, finding)] == ["episode return", "entropy"]


def test_non_finite_values_break_the_line_and_are_counted():
    values = np.array([1.0, np.nan, np.nan, 2.0, np.inf, 3.0])
    made = curve(Series("a", np.arange(6.0), values, "a"))
    assert made["y"] == [1.0, None, 2.0, None, 3.0]
    assert made["x"] == [0.0, 1.0, 3.0, 4.0, 5.0]
    assert (made["n"], made["bad"]) == (6, 3)


def test_view_is_logarithmic_over_decades_and_ignores_a_far_limit():
    assert view(np.array([1e-8, 1e-2]), [1e-5])[0] == "log"
    kind, low, high = view(np.array([-1.0, 1.0]), [1e6])
    assert kind == "linear"
    assert -1.2 < low < -1
    assert 1 < high < 1.2
    assert view(np.array([-1.0, 1.0]), [2.0])[2] > 2
    assert view(np.empty(0), []) is None


def test_one_spike_does_not_flatten_the_curve():
    values = np.sin(np.arange(2000.0))
    values[1000] = 1e6
    assert view(values, [])[2] < 10
    _, low, high = view(np.zeros(5), [])
    assert low < 0 < high


def limits(*measures, **units):
    series = {name: Series(name, np.arange(2.0), np.arange(2.0), name, unit) for name, unit in units.items()}
    found = limits_by_metric(measures, series)
    return {name: [m.name for m in kept] for name, kept in found.items()}


def test_a_limit_goes_to_the_metric_of_its_unit_and_name():
    kl = Measure("kl_typical", 1.0, "nats", limit=0.1)
    floor = Measure("entropy_floor", 1.0, "nats", limit=-5.0)
    rate = Measure("lr", 1.0, limit=0.1)
    assert limits(kl, floor, rate, approx_kl="nats", entropy="nats") == {
        "approx_kl": ["kl_typical"],
        "entropy": ["entropy_floor"],
    }
    assert limits(Measure("x", 1.0, "nats", limit=1.0), approx_kl="nats", entropy="nats") == {
        "approx_kl": [],
        "entropy": [],
    }
    assert limits(Measure("x", 1.0, "fraction", limit=1.0), clip_fraction="fraction 0..1") == {
        "clip_fraction": ["x"]
    }


def test_a_counter_is_drawn_last():
    steps = np.arange(1, 41) * 100.0
    run = ppo_run(
        metrics=MetricFrame(
            {
                "gradient_updates": Series("gradient_updates", steps, steps / 10, "train/n_updates"),
                "critic_loss": Series("critic_loss", steps, np.sin(steps), "train/critic_loss"),
            }
        )
    )
    finding = Finding("X-01", "x", "X", Severity.ERROR, "t", metrics=("gradient_updates", "critic_loss"))
    assert [one["title"] for one in Figures(100).finding(0, run, finding)] == [
        "critic loss",
        "gradient updates",
    ]


@every(
    ("onsets", "labels"),
    [
        ((100.0, 3900.0), ["cause 1", "cause 2"]),
        ((3900.0, 100.0), ["cause 2", "cause 1"]),
        ((2000.0, 2100.0, 3900.0), ["causes 1, 2", "", "cause 3"]),
    ],
)
def test_labels_of_onsets_that_stand_side_by_side_are_one(onsets, labels):
    steps = np.arange(1, 41) * 100.0
    run = ppo_run(
        metrics=MetricFrame({"episode_return": Series("episode_return", steps, np.sin(steps), "r")})
    )
    findings = [Finding("X-01", "x", "X", Severity.ERROR, "t", onset=at) for at in onsets]
    drawn = Figures(100)
    drawn.overview(0, run, findings)
    assert [mark["text"] for mark in drawn.figures[0]["marks"]] == labels
    assert sorted(mark["at"] for mark in drawn.figures[0]["marks"]) == sorted(onsets)
