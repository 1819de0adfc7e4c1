"""One x axis: counters, configuration, summed lengths, the clock, and saying so when there is none."""

from __future__ import annotations

import numpy as np
import pytest
from every import every
from raw_logs import board, codes, points, rows, run, table

from rldoctor.loading import load
from rldoctor.model.config import Knob, RunConfig
from rldoctor.vocabulary import understand
from rldoctor.vocabulary.axis import ENV, MONITOR, build_axes, interpolation
from rldoctor.vocabulary.naming import Mapped, rises
from rldoctor.vocabulary.tables import TagRule

NAN = float("nan")


def steps(found, metric):
    return found.metrics[metric].steps.tolist()


def test_interpolation_goes_through_the_points_and_on_at_both_ends():
    convert = interpolation(np.array([4.0, 9.0]), np.array([250.0, 500.0]))
    assert convert(np.array([4.0, 6.5, 9.0, 10.0])).tolist() == [250, 375, 500, 550]
    assert 0 <= convert(np.array([0.0]))[0] < 250


def test_interpolation_of_rows_starts_before_the_first_row():
    convert = interpolation(np.array([0.0, 1.0]), np.array([100.0, 200.0]))
    assert convert(np.array([0.0, 1.0, 2.0])).tolist() == [100, 200, 300]


@every(
    ("first", "at", "value"),
    [
        (10.0, 5.0, 50.0),  # counted from step 0
        (10.0, 0.0, 0.0),
        (0.0, -0.5, 50.0),  # a first row 0 has run for one spacing: from row -1
        (0.0, -1.0, 0.0),
        (-5.0, -5.5, 50.0),
        (-5.0, -6.0, 0.0),
        (-0.5, -1.0, 50.0),
    ],
)
def test_before_the_first_point_the_line_runs_to_zero(first, at, value):
    convert = interpolation(np.array([first, first + 10]), np.array([100.0, 200.0]))
    assert convert(np.array([at]))[0] == pytest.approx(value)
    assert convert(np.array([-1000.0]))[0] == 0


@every(
    ("planned", "skip", "factor"),
    [
        (1000, None, 1.0),  # 1000 steps were planned and done
        (250, None, 4.0),  # a monitor below the frame skip counts frames
        (500, None, 2.0),
        (410, None, 1.0),  # 2.44 times the plan is no whole number of frames
        (700, None, 1.0),  # 1.43 times: a run that went on
        (640, None, 1.0),  # 1.56 times is not twice
        (2000, None, 1.0),  # stopped half way
        (None, None, 1.0),
        (250, 2.0, 2.0),  # the configuration says what a step is: the plan need not be asked
    ],
)
def test_a_monitor_counts_frames_only_where_it_counts_a_multiple_of_the_plan(planned, skip, factor):
    lengths = points("length", [400, 1000], [400, 600])
    mapped = [Mapped(lengths, TagRule("episode_length"), 0, MONITOR)]
    given = {"total_env_steps": planned, "action_repeat": skip}
    knobs = {name: Knob(name, one, name, one, "") for name, one in given.items() if one is not None}
    axes = build_axes(mapped, RunConfig(knobs))
    (edge,) = axes.path(MONITOR, ENV)
    assert edge.convert(np.array([1000.0]))[0] == 1000 / factor
    assert ("frames per step" in edge.how) == (factor != 1.0)


@every(
    ("values", "verdict"),
    [
        ([1, 2, 3], True),
        ([3, 2, 1], False),
        ([5, 5, 5], False),
        ([], False),
        ([7], True),
        ([1] * 30 + [2] * 30, True),
        ([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 10, 20, 30], True),  # one restart
        # Episodes per collection, nearly always one: mostly still, but down as often as up.
        ([1] * 20 + [2] + [1] * 20 + [2], False),
    ],
)
def test_what_counts_as_a_counter(values, verdict):
    assert rises(np.array(values, dtype=float)) is verdict


def test_generic_csv_uses_its_step_column():
    found = understand(
        table({"episode": [3, 5], "timestep": [800, 1600], "reward": [20, 30]}, source="log.csv")
    )
    assert found.axis == "env_steps"
    assert steps(found, "episode_return") == [800, 1600]


def test_a_steps_column_that_falls_is_the_episode_length_and_is_summed():
    columns = {"episodes": [1, 2, 3, 4], "rewards": [1, 2, 1, 2], "steps": [10, 20, 10, 5]}
    found = understand(table(columns, source="res.csv"))
    assert found.metrics["episode_length"].values.tolist() == [10, 20, 10, 5]
    assert steps(found, "episode_return") == [10, 30, 40, 45]
    assert "sum of steps" in found.axis_note


def test_where_only_every_tenth_episode_is_written_the_others_count_too():
    columns = {"episode": [10, 20, 30, 40], "reward": [1, 2, 1, 2], "steps": [25, 20, 25, 5]}
    found = understand(table(columns, source="res.csv"))
    assert steps(found, "episode_return") == [250, 450, 700, 750]
    assert "every episode since the row before" in found.axis_note


def test_rows_without_any_counter_stay_rows_and_say_so():
    found = understand(table({"actor_loss": [1, 2]}, source="mine.csv"))
    assert found.axis.startswith("rows of")
    assert "as logged" in found.axis_note


def test_rows_fall_back_to_epochs():
    columns = {
        "epoch": [0, 1],
        "test/success_rate": [0.1, 0.2],
        "test/mean_Q": [-1, -2],
        "stats_o/mean": [0, 0],
    }
    found = understand(table(columns))
    assert found.axis == "epochs"
    assert steps(found, "eval_success_rate") == [0, 1]


def test_unknown_logger_steps_are_not_called_transitions():
    found = understand(board({"actor_loss": [1, 2], "critic_loss": [1, 2]}))
    assert found.axis == "steps"
    assert "does not say" in found.axis_note


def test_a_buffer_that_grows_with_the_steps_is_evidence_for_transitions():
    found = understand(board({"actor_loss": [1, 2, 3, 4], "buffer_size": [100, 200, 300, 300]}))
    assert found.axis == "env_steps"
    assert "buffer_size" in found.axis_note


def test_the_configured_length_is_evidence_for_transitions():
    found = understand(board({"actor_loss": [1, 2]}, config={"total_timesteps": 200}))
    assert found.axis == "env_steps"


def two_axes(lengths=True):
    """20 episodes of 50 steps, logged by episode, beside losses logged by environment step."""
    clock = np.arange(1000, dtype=float)
    main = [
        points(tag, np.arange(10, 1001, 10), np.ones(100), wall=clock[9::10])
        for tag in ("actor_loss", "critic_loss")
    ]
    main += [points("buffer_size", np.arange(10, 1001, 10), np.arange(10, 1001, 10), wall=clock[9::10])]
    per_episode = {"train/episode_reward": np.arange(20) % 7}
    if lengths:
        per_episode["train/episode_length"] = np.full(20, 50)
    return run(
        [
            *main,
            *(points(tag, np.arange(20), cells, wall=clock[49::50]) for tag, cells in per_episode.items()),
        ]
    )


def test_episode_indexed_tags_are_placed_by_summed_lengths():
    found = understand(two_axes())
    assert found.axis == "env_steps"
    assert steps(found, "episode_return") == [50.0 * (i + 1) for i in range(20)]
    # The clock would give the same steps here, with a doubt that the lengths do not leave.
    assert "axis-by-clock" not in codes(found)


def test_episode_indexed_tags_without_lengths_are_placed_by_the_clock():
    found = understand(two_axes(lengths=False))
    placed = found.metrics["episode_return"].steps
    assert np.allclose(placed, 50 * np.arange(1, 21), atol=10)
    assert "axis-by-clock" in codes(found)


def test_a_tag_that_merely_stopped_early_keeps_its_steps():
    raw = two_axes()
    raw.series.append(points("train/alpha", [10, 20, 30], [1, 1, 1], wall=[9, 19, 29]))
    assert steps(understand(raw), "entropy_coef") == [10, 20, 30]


def test_a_tag_that_ends_at_half_of_the_steps_is_on_the_same_axis():
    """From half of the longest on a tag counts as one of the main ones, and none of those is moved."""
    raw = two_axes(lengths=False)
    raw.series.append(points("train/alpha", [250, 500], [1, 1], wall=[499, 999]))
    assert steps(understand(raw), "entropy_coef") == [250, 500]


def test_a_series_on_an_unknown_axis_without_times_is_stretched_and_said_so():
    series = [points("actor/episode_return/mean", [500, 1000], [1, 2])]
    series += [
        points("evaluator/episode_return/mean", [1, 2, 3, 4], [1, 2, 3, 4]),
        points("misc/timestep", [1], [1]),
    ]
    found = understand(run(series))
    assert found.framework == "stoix"
    assert steps(found, "eval_return") == [250, 500, 750, 1000]
    assert "axis-stretched" in codes(found)


def test_a_series_on_an_unknown_axis_beside_a_run_of_no_length_keeps_its_steps():
    series = [points(tag, [0], [1]) for tag in ("actor/episode_return/mean", "misc/timestep")]
    series += [points("evaluator/episode_return/mean", [1, 2, 3], [1, 2, 3])]
    found = understand(run(series), framework="stoix")
    assert steps(found, "eval_return") == [1, 2, 3]
    assert not {"axis-stretched", "axis-by-clock"} & set(codes(found))


def test_steps_that_go_back_are_noted():
    found = understand(board({"rollout/ep_rew_mean": [1, 2, 3, 4], "time/fps": [1]}, steps=[10, 20, 10, 30]))
    assert steps(found, "episode_return") == [10, 30]
    assert [note.text for note in found.notes if note.code == "steps-went-back"] == [
        "steps went back, later points replace earlier ones (points replaced): rollout/ep_rew_mean (1)"
    ]
    assert "steps-went-back" not in codes(understand(board({"rollout/ep_rew_mean": [1, 2, 3]})))


def test_several_tables_have_their_own_rows():
    parts = rows({"timestep": [100, 200], "reward": [1, 2]}, "a.csv") + rows(
        {"timestep": [50], "alpha": [1]}, "b.csv"
    )
    found = understand(run(parts))
    assert steps(found, "episode_return") == [100, 200]
    assert steps(found, "entropy_coef") == [50]


def test_a_count_of_episodes_over_all_stages_goes_before_the_count_within_one():
    columns = {"episode": [0, 1, 0, 1], "global_episode": [0, 1, 2, 3], "reward": [1, 2, 3, 4]}
    found = understand(table(columns, source="log.csv"))
    assert steps(found, "episode_return") == [0, 1, 2, 3]


def test_lengths_of_a_monitor_that_counts_frames_are_converted_like_its_steps(tmp_path):
    """Four frames a step: an episode of 2,332 frames is 583 transitions of a replay buffer."""
    rows = "".join(f"1.0,2332,{10 * i}\n" for i in range(1, 13))
    (tmp_path / "0.monitor.csv").write_text(
        '#{"t_start": 1.0, "env_id": "PongNoFrameskip-v4"}\nr,l,t\n' + rows
    )
    (tmp_path / "config.yml").write_text(f"n_timesteps: {12 * 583}\n")
    (run,) = load(tmp_path)
    assert set(run.metrics["episode_length"].values) == {583.0}
    assert run.metrics["episode_length"].steps[-1] == 12 * 583
    (told,) = [note.text for note in run.notes if note.code == "length-in-frames"]
    assert "(4 frames a step)" in told


def test_a_counter_that_stands_still_is_no_axis_and_no_length():
    rewards = [float(one) for one in range(20)]
    total = understand(table({"total_timesteps": [5e5] * 20, "episode_reward": rewards}))
    assert "constant-counter" in codes(total)
    assert not {"env_steps", "episode_length"} & set(total.metrics.series)
    zero = understand(table({"global_step": [0.0] * 20, "episode": list(range(20)), "reward": rewards}))
    assert zero.axis == "episodes"
    # A row per episode of equal length is another matter.
    assert "episode_length" in understand(table({"steps": [200.0] * 20, "reward": rewards})).metrics.series
