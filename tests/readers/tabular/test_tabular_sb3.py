"""Files written by Stable-Baselines3's own logger and Monitor."""

import numpy as np
import pytest

from rldoctor.readers.tabular import TabularReader

pytest.importorskip("stable_baselines3")


def read(directory):
    names = sorted(path.name for path in directory.iterdir())
    reader = TabularReader()
    return reader.read(directory, reader.claims(directory, names))


def column(run, tag):
    (found,) = [part for part in run.series if part.tag == tag]
    return found


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_logger_with_keys_that_appear_late(tmp_path, kind):
    from stable_baselines3.common.logger import configure

    logger = configure(str(tmp_path), [kind])
    for i in range(6):
        logger.record("time/total_timesteps", i * 100)
        if i % 2 == 0:
            logger.record("rollout/ep_rew_mean", np.float32(i / 3))
        if i >= 3:
            logger.record("train/loss", float("nan") if i == 4 else i * 0.1)
        logger.dump(i)
    logger.close()
    (run,) = read(tmp_path)
    assert run.tags() == {"time/total_timesteps", "rollout/ep_rew_mean", "train/loss"}
    assert column(run, "rollout/ep_rew_mean").steps.tolist() == [0, 2, 4]
    assert column(run, "rollout/ep_rew_mean").values.tolist() == pytest.approx([0, 2 / 3, 4 / 3])
    loss = column(run, "train/loss")
    assert loss.steps.tolist() == [3, 4, 5]
    assert np.isnan(loss.values[1])
    assert loss.source == f"progress.{kind}"


def test_csv_and_json_of_one_run_are_read_once(tmp_path):
    from stable_baselines3.common.logger import configure

    logger = configure(str(tmp_path), ["csv", "json"])
    logger.record("train/loss", 0.5)
    logger.dump(0)
    logger.close()
    (run,) = read(tmp_path)
    assert [part.source for part in run.series] == ["progress.csv"]
    assert sorted(run.files) == ["progress.csv", "progress.json"]
    assert "same-rows" in {note.code for note in run.notes}


def test_monitors_of_several_environments_are_one_run(tmp_path):
    gymnasium = pytest.importorskip("gymnasium")
    from stable_baselines3.common.monitor import Monitor

    lengths = {}
    for index in range(3):
        env = Monitor(gymnasium.make("CartPole-v1"), str(tmp_path / str(index)))
        env.action_space.seed(index)
        for episode in range(5):
            env.reset(seed=10 * index + episode)
            done, length = False, 0
            while not done:
                _, _, terminated, truncated, _ = env.step(env.action_space.sample())
                done, length = terminated or truncated, length + 1
            lengths.setdefault(index, []).append(length)
        env.close()
    (run,) = read(tmp_path)
    reward, steps = column(run, "monitor.csv:r"), column(run, "monitor.csv:l")
    assert reward.axis == "step"
    assert reward.values.tolist() == steps.values.tolist() == [n for part in lengths.values() for n in part]
    assert reward.steps.tolist() == np.cumsum(steps.values).tolist()
    assert reward.wall is not None
    assert (np.diff(reward.wall) >= 0).all()
    assert [(setting.key, setting.value) for setting in run.settings] == [("env_id", "CartPole-v1")]
    assert run.notes == []
