"""A real PPO on a task whose episodes end at the goal: shorter episodes are what was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import rldoctor
from rldoctor.model.run import Run

gym = pytest.importorskip("gymnasium")
stable_baselines3 = pytest.importorskip("stable_baselines3")
torch = pytest.importorskip("torch")

CELLS = 9


class Corridor(gym.Env):  # type: ignore[misc, name-defined] # skipped where it is missing
    """A step costs a little, the last cell ends the episode. ``floor``: so does falling off the first one."""

    observation_space = gym.spaces.Box(0.0, 1.0, (1,))
    action_space = gym.spaces.Discrete(2)

    def __init__(self, *, floor: bool) -> None:
        self.floor = floor
        self.cell = 0

    def _seen(self) -> Any:
        import numpy as np

        return np.array([self.cell / CELLS], dtype=np.float32)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.cell = CELLS // 2
        return self._seen(), {}

    def step(self, action: int) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.cell += 1 if action else -1
        if not self.floor:
            self.cell = max(self.cell, 0)
        ended = self.cell >= CELLS or self.cell < 0
        # The penalty is not the same everywhere, so that it is no constant cost per step.
        reward = -0.5 - 0.5 * self.cell / CELLS
        return self._seen(), reward, ended, False, {"is_success": self.cell >= CELLS}


def trained(folder: Path, *, floor: bool) -> Run:
    from stable_baselines3.common.logger import configure
    from stable_baselines3.common.monitor import Monitor

    torch.set_num_threads(1)
    env = Monitor(gym.wrappers.TimeLimit(Corridor(floor=floor), 80))
    model = stable_baselines3.PPO("MlpPolicy", env, n_steps=256, learning_rate=1e-3, seed=5)
    model.set_logger(configure(str(folder), ["csv"]))
    model.learn(256 * 40)
    (run,) = rldoctor.load(folder)
    return run


def test_episodes_that_end_at_the_goal_are_no_collapse(tmp_path: Path) -> None:
    """Length and cost fall together while success rises."""
    run = trained(tmp_path, floor=False)
    length = run.metrics["episode_length"].values
    assert length[-1] < length[0] / 2, "the task was not learned: nothing is tested"
    found = rldoctor.diagnose(run)
    fired = {root.finding.code for root in found.roots if root.severity.label != "info"}
    assert found.achieved is not None
    assert found.achieved.kind.gained
    assert not fired & {"OUT-02", "OUT-04", "OUT-05", "OUT-06", "OUT-10"}


def test_the_same_episodes_ended_by_falling_off_are_one(tmp_path: Path) -> None:
    """The nearest end is the floor: the policy learns to fall, which costs least."""
    run = trained(tmp_path, floor=True)
    found = rldoctor.diagnose(run)
    success = run.metrics["success_rate"].values
    if success[-1] > 0.5:
        pytest.skip("this seed learned to reach the goal")
    assert "OUT-06" in {one.code for one in found.results if one.finding is not None}
