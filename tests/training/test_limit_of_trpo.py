"""A real TRPO whose configuration file says another KL limit than it was given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import rldoctor

sb3_contrib = pytest.importorskip("sb3_contrib")
torch = pytest.importorskip("torch")


def trained(folder: Path, limit: float) -> Path:
    from stable_baselines3.common.logger import configure

    torch.set_num_threads(1)
    model = sb3_contrib.TRPO("MlpPolicy", "CartPole-v1", n_steps=256, target_kl=limit, seed=3)
    model.set_logger(configure(str(folder), ["csv"]))
    model.learn(256 * 16)
    (folder / "config.json").write_text(json.dumps({"algo": "trpo", "n_steps": 256, "target_kl": 0.01}))
    return folder


@pytest.mark.parametrize(("limit", "found"), [(0.05, True), (0.01, False)])
def test_steps_beyond_the_limit_are_seen(tmp_path: Path, limit: float, found: bool) -> None:
    (run,) = rldoctor.load(trained(tmp_path, limit))
    (result,) = [one for one in rldoctor.diagnose(run).results if one.code == "POL-13"]
    assert (result.finding is not None) is found
    times = {one.name: one.value for one in result.measures}["times"]
    assert 0 < times < 1 if not found else times > 2
