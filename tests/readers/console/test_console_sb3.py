"""Boxes that Stable-Baselines3's own writer prints."""

from __future__ import annotations

import io

import numpy as np
import pytest

from rldoctor.readers.discover import find_runs

pytest.importorskip("stable_baselines3")


def printed(tmp_path, rows, length=36):
    from stable_baselines3.common.logger import HumanOutputFormat

    out = io.StringIO()
    for row in rows:
        HumanOutputFormat(out, max_length=length).write(row, dict.fromkeys(row, ()))
    (tmp_path / "console.txt").write_text("Using cpu device\n" + out.getvalue())
    (run,) = find_runs(tmp_path / "console.txt").runs
    return {part.tag: part for part in run.series}


def row(step):
    return {
        "rollout/ep_rew_mean": np.float32(step / 3),
        "time/fps": 631,
        "time/total_timesteps": step,
        "train/approx_kl": 1.234e-05,
        "train/explained_variance": float("nan"),
        "train/policy_gradient_loss": -0.01,
        "train/value_loss": float("inf"),
        "own_metric": 7,
        "policy": "MlpPolicy",
    }


def test_every_number_under_its_tag(tmp_path):
    found = printed(tmp_path, [row(2048), row(4096)])
    assert set(found) == set(row(1)) - {"policy"}
    assert found["time/total_timesteps"].values.tolist() == [2048, 4096]
    assert found["rollout/ep_rew_mean"].values == pytest.approx([683, 1365], abs=5)
    assert np.isnan(found["train/explained_variance"].values).all()
    assert np.isinf(found["train/value_loss"].values).all()
    assert found["train/approx_kl"].values.tolist() == [1.23e-05, 1.23e-05]


def test_names_that_the_box_cuts_are_made_whole(tmp_path):
    found = printed(tmp_path, [row(2048)], length=18)
    assert {"train/explained_variance", "train/policy_gradient_loss", "time/total_timesteps"} <= set(found)


def test_rows_of_metrics_that_appear_late(tmp_path):
    first = {"rollout/ep_rew_mean": 1.0, "time/total_timesteps": 100}
    found = printed(tmp_path, [first, row(200), {"eval/mean_reward": 5.0, "time/total_timesteps": 200}])
    assert found["train/approx_kl"].steps.tolist() == [1]
    # What is printed for the same step stands in the same row.
    assert found["eval/mean_reward"].steps.tolist() == [1]
    assert found["time/total_timesteps"].values.tolist() == [100, 200]
