"""Bands, levels and milestones, with numbers worked out by hand."""

import numpy as np
import pytest
from envelope_runs import CRITERIA, run, series
from every import every

from rldoctor.envelope.build import build, common_grid, on_steps
from rldoctor.envelope.levels import end_level, reached, start_level, trailing_mean
from rldoctor.errors import UsageError


def test_a_value_is_the_last_one_at_or_before_a_step():
    logged = series("approx_kl", [10, 20, 40], [1.0, 2.0, 4.0])
    assert on_steps(logged, np.array([5.0, 10.0, 19.0, 20.0, 39.0, 50.0])).tolist()[1:] == [1, 1, 2, 2, 4]
    assert np.isnan(on_steps(logged, np.array([5.0, 10.0]))[0])


def test_several_points_since_the_step_before_give_their_median_unless_the_log_averaged():
    steps, values = [10, 11, 12, 13], [0.0, 5.0, 1.0, 100.0]
    grid = np.array([10.0, 13.0])
    assert on_steps(series("episode_return", steps, values), grid).tolist() == [0.0, 5.0]
    assert on_steps(series("episode_return", steps, values, window=100), grid).tolist() == [0.0, 100.0]


def test_nan_is_skipped():
    logged = series("approx_kl", [10, 20, 30], [1.0, np.nan, np.inf])
    assert on_steps(logged, np.array([10.0, 20.0, 30.0])).tolist() == [1.0, 1.0, 1.0]


def test_the_grid_ends_where_the_shortest_run_does():
    grid = common_grid([run(range(50)), run(range(30), steps=100.0 * np.arange(3, 33))], CRITERIA)
    assert (grid[0], grid[-1], grid.size) == (300.0, 3200.0, 64)


def test_few_runs_have_a_band_from_lowest_to_highest():
    envelope = build(
        [run(np.full(20, level), seed) for seed, level in enumerate((1.0, 2.0, 6.0))], "x", CRITERIA
    )
    band = envelope.bands["episode_return"]
    assert (band.low[5], band.median[5], band.high[5], band.count) == (1.0, 2.0, 6.0, 3)
    assert band.q10 is None
    assert band.edges[2] == "lowest to highest"


def test_five_runs_have_quantiles():
    runs = [run(np.full(20, level), seed) for seed, level in enumerate((0.0, 1.0, 2.0, 3.0, 4.0))]
    band = build(runs, "x", CRITERIA).bands["episode_return"]
    assert band.q10 is not None
    assert band.q90 is not None
    # Linear between order statistics: 0.1 x (5 - 1) = 0.4 of the way from the first to the second.
    assert (round(float(band.q10[0]), 9), round(float(band.q90[0]), 9)) == (0.4, 3.6)
    assert band.edges[2] == "10 % to 90 %"


def test_members_stand_by_seed_and_levels_are_medians():
    runs = [run(np.linspace(0, 100, 100), 1), run(np.linspace(0, 120, 100), 0)]
    envelope = build(runs, "x", CRITERIA)
    assert [member.seed for member in envelope.members] == [0, 1]
    level = envelope.levels["episode_return"]
    assert level.start == pytest.approx(np.median([100 / 99, 120 / 99]))
    assert level.at[1] == pytest.approx(level.start + 0.5 * (level.end - level.start))


def test_bookkeeping_has_no_band():
    envelope = build([run(range(20), metrics=[series("fps", [100, 200], [1, 2])])], "x", CRITERIA)
    assert set(envelope.bands) == {"episode_return"}


def test_several_frameworks_share_only_their_outcomes():
    kl = [series("approx_kl", [100, 2000], [0.1, 0.1])]
    both = [run(range(20), 0, metrics=kl), run(range(20), 1, metrics=kl, framework="cleanrl")]
    envelope = build(both, "x", CRITERIA)
    assert (envelope.framework, set(envelope.bands)) == ("", {"episode_return"})
    assert set(build(both[:1], "x", CRITERIA).bands) == {"episode_return", "approx_kl"}


@every(
    ("runs", "words"),
    [
        ([], "no runs"),
        ([run(range(9)), run(range(9), env="Other-v0")], "one algorithm on one task"),
        ([run(range(9)), run(range(9), algorithm="sac")], "one algorithm on one task"),
        ([run(range(9), algorithm="on_policy")], "algorithm on_policy"),
        ([run(range(9), env="")], r"environment \(unknown\)"),
        ([run(range(9), axis="iterations")], "not environment steps"),
        (
            [run(range(9)), run(range(9), reward_scale=0.01)],
            r"same task: reward_scale 1 against 0\.01",
        ),
        ([run(range(9)), run(range(9), steps=np.arange(2e3, 11e3, 1e3))], "share no steps"),
    ],
)
def test_what_cannot_be_one_reference_is_refused(runs, words):
    with pytest.raises(UsageError, match=words):
        build(runs, "x", CRITERIA)


def test_a_level_counts_once_it_is_kept():
    lucky = series(
        "episode_return", 100.0 * np.arange(1, 41), [9.0, 0.0] + [0.0] * 18 + [10.0] * 20, window=100
    )
    assert reached(lucky, [5.0, 11.0], CRITERIA) == (2100.0, None)


def test_a_level_held_to_the_end_of_the_log_counts():
    late = series("episode_return", 100.0 * np.arange(1, 41), [0.0] * 39 + [10.0], window=100)
    assert reached(late, [5.0], CRITERIA) == (4000.0,)


def test_nothing_is_reached_without_a_value():
    empty = series("episode_return", [1, 2], [np.nan, np.nan])
    assert reached(empty, [0.0, 1.0], CRITERIA) == (None, None)
    assert np.isnan(start_level(empty, CRITERIA))
    assert np.isnan(end_level(empty, CRITERIA))


def test_trailing_mean_by_hand():
    assert trailing_mean(np.array([1.0, 3.0, 5.0, 7.0]), 2).tolist() == [1.0, 2.0, 4.0, 6.0]
