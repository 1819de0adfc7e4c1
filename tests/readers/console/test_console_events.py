"""A training of rsl_rl that wrote event files and printed its blocks: what was printed is what was logged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hostile_logs import event, record

from rldoctor import diagnose, load

# Tag in the event files -> what the console calls it, and with how many digits.
PRINTED = {
    "Loss/value_function": ("Value function loss", 4),
    "Loss/surrogate": ("Surrogate loss", 4),
    "Policy/mean_noise_std": ("Mean action noise std", 2),
    "Train/mean_reward": ("Mean reward", 2),
    "Train/mean_episode_length": ("Mean episode length", 2),
    "Episode_Reward/track_lin_vel_xy_exp": ("Episode_Reward/track_lin_vel_xy_exp", 4),
    "Episode_Reward/action_rate_l2": ("Episode_Reward/action_rate_l2", 4),
    "Episode_Termination/time_out": ("Episode_Termination/time_out", 4),
}
SPEED = {"Perf/total_fps": 49152.0, "Perf/collection time": 1.5, "Perf/learning_time": 0.5}
METRICS = ("value_loss", "policy_loss", "policy_std", "episode_return", "episode_length")


def numbers(rows: int) -> dict[str, np.ndarray]:
    """A run that learns until the width of its policy runs away; with the digits that are printed."""
    random = np.random.default_rng(0)
    time = np.linspace(0, 1, rows)
    late = np.clip(time - 0.5, 0, None) * 2
    table = {
        "Loss/value_function": 0.02 + 5 * late**2,
        "Loss/surrogate": random.normal(-0.003, 0.001, rows),
        "Policy/mean_noise_std": 1.0 - 0.4 * np.minimum(time, 0.5) + 8 * late**2,
        "Train/mean_reward": 25 * np.minimum(2 * time, 1) - 30 * late + random.normal(0, 0.3, rows),
        "Train/mean_episode_length": 100 + 900 * np.minimum(2 * time, 1) - 700 * late,
        "Episode_Reward/track_lin_vel_xy_exp": 1.2 * np.minimum(2 * time, 1) - late,
        "Episode_Reward/action_rate_l2": -0.1 - 0.4 * late,
        "Episode_Termination/time_out": 3 * np.minimum(2 * time, 1) - 2 * late,
    }
    return {tag: np.round(column, PRINTED[tag][1]) for tag, column in table.items()}


def write(folder: Path, table: dict[str, np.ndarray], rows: range) -> tuple[Path, Path]:
    """The same rows as an event file and as blocks."""
    events, console = folder / "events", folder / "console"
    events.mkdir()
    console.mkdir()
    (events / "events.out.tfevents.1.host").write_bytes(
        b"".join(
            record(event(tag.encode(), i, logged(table, tag, i))) for i in rows for tag in (*table, *SPEED)
        )
    )
    (console / "console.txt").write_text("".join(block(table, i) for i in rows))
    return events, console


def logged(table: dict[str, np.ndarray], tag: str, row: int) -> float:
    """What stands in the event file."""
    return SPEED[tag] if tag in SPEED else float(table[tag][row])


def block(table: dict[str, np.ndarray], row: int) -> str:
    """One iteration as ``OnPolicyRunner.log`` prints it, with a line of the simulator before."""
    lines = [f"[INFO] Simulation step took {row % 7} ms", "#" * 80]
    lines += [f"\x1b[1m Learning iteration {row}/120 \x1b[0m".center(80), ""]
    lines += [f"{'Computation:':>35} 49152 steps/s (collection: 1.500s, learning 0.500s)"]
    lines += [f"{PRINTED[tag][0] + ':':>35} {table[tag][row]:.{PRINTED[tag][1]}f}" for tag in table]
    # Without the totals, which the event file does not have: by them the iterations are placed on steps.
    return "\n".join([*lines, "-" * 80, "", ""])


@pytest.mark.parametrize(
    "rows", [range(120), range(40, 120, 5), range(119, 120)], ids=["all", "tenth", "one"]
)
def test_numbers_rows_verdict_and_onset_are_the_same(tmp_path: Path, rows: range) -> None:
    (written,), (printed,) = map(load, write(tmp_path, numbers(120), rows))
    assert (printed.framework, printed.axis) == ("rsl_rl", written.axis)
    for name in METRICS:
        one, other = written.metrics[name], printed.metrics[name]
        np.testing.assert_array_equal(other.steps, one.steps)
        # Event files hold 32-bit numbers.
        np.testing.assert_array_equal(other.values.astype(np.float32), one.values.astype(np.float32))
    left, right = diagnose(written), diagnose(printed)
    assert right.verdict == left.verdict
    assert [(root.finding.code, root.severity, root.finding.onset) for root in right.roots] == [
        (root.finding.code, root.severity, root.finding.onset) for root in left.roots
    ]
    assert len(rows) == 1 or left.roots, "nothing to compare"
