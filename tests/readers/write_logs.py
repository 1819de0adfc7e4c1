"""Writes ``written`` with the frameworks themselves: ``python tests/readers/write_logs.py pfrl``.

    pfrl      pfrl 0.4.0 (pip install --no-deps pfrl), torch, gymnasium
    torchrl   torchrl 0.10.1 with tensordict 0.10.0, torch

The tests read what was written, so that none of the packages is needed there.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent / "written"


def pfrl() -> None:
    """PPO on CartPole, 6,000 steps, evaluated every 500: ``scores.txt``."""
    import gymnasium

    # pfrl imports gym, of which it needs the names only.
    sys.modules.setdefault("gym", gymnasium)
    sys.modules.setdefault("gym.spaces", gymnasium.spaces)
    import numpy as np
    import pfrl
    import torch
    from torch import nn

    class FourValues(gymnasium.Wrapper):
        def reset(self):
            return self.env.reset()[0]

        def step(self, action):
            observation, reward, terminated, truncated, info = self.env.step(action)
            return observation, reward, terminated, {**info, "needs_reset": truncated}

    policy = nn.Sequential(
        nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 2), pfrl.policies.SoftmaxCategoricalHead()
    )
    value = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 1))
    model = pfrl.nn.Branched(policy, value)
    agent = pfrl.agents.PPO(
        model,
        torch.optim.Adam(model.parameters(), lr=3e-4),
        gpu=-1,
        gamma=0.99,
        update_interval=512,
        minibatch_size=64,
        epochs=5,
        phi=lambda x: x.astype(np.float32),
    )
    with TemporaryDirectory() as folder:
        pfrl.experiments.train_agent_with_evaluation(
            agent,
            FourValues(gymnasium.make("CartPole-v1")),
            steps=6000,
            eval_n_steps=None,
            eval_n_episodes=5,
            eval_interval=500,
            outdir=folder,
            train_max_episode_len=500,
            eval_env=FourValues(gymnasium.make("CartPole-v1")),
        )
        (HERE / "pfrl").mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(folder) / "scores.txt", HERE / "pfrl" / "scores.txt")


def torchrl() -> None:
    """Scalars and hyperparameters through TorchRL's CSVLogger."""
    from torchrl.record.loggers.csv import CSVLogger

    with TemporaryDirectory() as folder:
        logger = CSVLogger(exp_name="ppo", log_dir=folder)
        for row in range(1, 21):
            logger.log_scalar("train/reward", row * 2.0, step=row * 1000)
            logger.log_scalar("train/loss_objective", -0.01, step=row * 1000)
            logger.log_scalar("train/loss_critic", 0.5, step=row * 1000)
            logger.log_scalar("train/loss_entropy", -0.014, step=row * 1000)
        logger.log_hparams({"gamma": 0.99, "optim.lr": 3e-4})
        shutil.rmtree(HERE / "torchrl", ignore_errors=True)
        shutil.copytree(Path(folder) / "ppo", HERE / "torchrl", ignore=shutil.ignore_patterns("videos"))


if __name__ == "__main__":
    {"pfrl": pfrl, "torchrl": torchrl}[sys.argv[1]]()
