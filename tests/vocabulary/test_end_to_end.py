"""Logs that Stable-Baselines3 itself wrote, and the shared corpus."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rldoctor.readers.discover import find_runs
from rldoctor.vocabulary import coverage_of, understand

CORPUS = Path(__file__).parents[2] / "../shared/corpus"


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """A short PPO and SAC training, logged by the real logger to CSV and TensorBoard."""
    sb3 = pytest.importorskip("stable_baselines3")
    import torch
    from stable_baselines3.common.logger import configure

    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("sb3")
    small = {"seed": 0, "device": "cpu", "policy_kwargs": {"net_arch": [8]}, "batch_size": 16}
    ppo = sb3.PPO("MlpPolicy", "Pendulum-v1", n_steps=64, n_epochs=2, **small)
    sac = sb3.SAC("MlpPolicy", "Pendulum-v1", learning_starts=150, **small)
    for name, model, steps in (("ppo", ppo, 256), ("sac", sac, 400)):
        model.set_logger(configure(str(root / name), ["csv", "tensorboard"]))
        model.learn(steps, log_interval=1)
    return root


def only(path):
    (raw,) = find_runs(path)
    return understand(raw)


def test_real_ppo_log(logged):
    found = only(logged / "ppo")
    assert (found.framework, found.algorithm, found.axis) == ("stable_baselines3", "ppo", "env_steps")
    assert found.metrics["approx_kl"].steps.tolist() == [128, 192, 256]
    assert found.metrics["entropy"].values[0] > 0  # 1.42 for one action dimension
    assert found.metrics["update_epochs"].values.tolist() == [2, 4, 6]
    assert coverage_of(found)[0] == coverage_of(found)[1]
    assert found.config.number("learning_rate") == 3e-4


def test_real_sac_log(logged):
    found = only(logged / "sac")
    assert found.algorithm == "sac"
    assert found.metrics["gradient_updates"].values[-1] == pytest.approx(400 - 150, abs=2)
    assert found.metrics["episode_length"].values.tolist() == [200, 200]
    assert np.all(np.diff(found.metrics["critic_loss"].steps) > 0)
    assert not found.metrics.unmapped


@pytest.mark.corpus
def test_corpus_coverage_of_known_frameworks():
    if not CORPUS.is_dir():
        pytest.skip("the shared corpus is not beside this checkout")
    low, seen = [], 0
    for directory in sorted(
        path for path in CORPUS.iterdir() if path.is_dir() and not any(path.rglob(".aim"))
    ):
        for raw in find_runs(directory):
            found = understand(raw)
            explained, total = coverage_of(found)
            if found.framework != "generic" and total:
                seen += 1
                low += [(raw.id, explained, total)] * (explained < 0.9 * total)
            for series in found.metrics.series.values():
                assert bool((np.diff(series.steps) > 0).all())
    assert seen >= 50
    assert low == []
