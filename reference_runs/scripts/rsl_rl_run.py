"""PPO of rsl_rl (RSL-RL 5) on gymnasium environments, with rsl_rl's own runner and logger.

    python reference_runs/scripts/rsl_rl_run.py --env InvertedPendulum-v5 --seed 0 --steps 81920 --out DIR

rsl_rl itself saves no settings: Isaac Lab and others write them to ``params/agent.yaml`` and
``params/env.yaml`` beside its log, and so does this script.
"""

from __future__ import annotations

import contextlib
import copy
import os
from pathlib import Path
from typing import Any

import torch
import yaml
from common import arguments, finish, seeded, vector
from rsl_rl.env import VecEnv
from rsl_rl.runners import OnPolicyRunner
from tensordict import TensorDict

FAULTS = ("lr-zero", "lr-too-high", "reward-tiny")
N_ENVS = 16


class Gymnasium(VecEnv):
    """A gymnasium vector environment as rsl_rl wants it."""

    def __init__(self, env_id: str, seed: int, fault: str) -> None:
        """``N_ENVS`` copies of the environment."""
        self.envs = vector(env_id, N_ENVS, fault)
        space = self.envs.single_action_space.shape
        assert space is not None
        self.num_envs, self.num_actions, self.device = N_ENVS, space[0], "cpu"
        limit = self.envs.envs[0].spec
        self.max_episode_length = limit.max_episode_steps if limit and limit.max_episode_steps else 1000
        self.episode_length_buf = torch.zeros(N_ENVS, dtype=torch.long)
        self.cfg: dict[str, Any] = {"seed": seed, "scene": {"num_envs": N_ENVS}}
        self._seen = self._tensors(self.envs.reset(seed=seed)[0])

    def get_observations(self) -> TensorDict:
        """The latest observations, one group."""
        return self._seen

    def step(self, actions: torch.Tensor) -> tuple[TensorDict, torch.Tensor, torch.Tensor, dict[str, Any]]:
        """One step of all environments; truncations go to ``time_outs``."""
        seen, rewards, terminated, truncated, _ = self.envs.step(actions.numpy())
        self._seen = self._tensors(seen)
        ended = torch.as_tensor(terminated | truncated)
        self.episode_length_buf = torch.where(ended, 0, self.episode_length_buf + 1)
        extras = {"time_outs": torch.as_tensor(truncated, dtype=torch.float32)}
        return self._seen, torch.as_tensor(rewards, dtype=torch.float32), ended.long(), extras

    @staticmethod
    def _tensors(observations: Any) -> TensorDict:
        tensor = torch.as_tensor(observations, dtype=torch.float32)
        return TensorDict({"policy": tensor}, batch_size=[N_ENVS])


def model(**more: Any) -> dict[str, Any]:
    """The settings of one network."""
    shape = {"class_name": "MLPModel", "hidden_dims": [64, 64], "activation": "elu"}
    return {**shape, "obs_normalization": False, **more}


def settings(env_id: str, seed: int, steps: int, fault: str) -> dict[str, Any]:
    """The runner's configuration, in Isaac Lab's form."""
    rollout = 64
    algorithm: dict[str, Any] = {
        "class_name": "PPO",
        "num_learning_epochs": 5,
        "num_mini_batches": 4,
        "learning_rate": 1.0e-3,
        "schedule": "adaptive",
        "desired_kl": 0.01,
        "gamma": 0.99 if "Inverted" in env_id else 0.95,
        "lam": 0.95,
        "entropy_coef": 0.0,
        "value_loss_coef": 1.0,
        "use_clipped_value_loss": True,
        "clip_param": 0.2,
        "max_grad_norm": 1.0,
    }
    rates = {"lr-zero": 1.0e-7, "lr-too-high": 0.03}
    if fault in rates:  # the adaptive schedule would undo it
        algorithm |= {"learning_rate": rates[fault], "schedule": "fixed"}
    return {
        "seed": seed,
        "device": "cpu",
        "num_steps_per_env": rollout,
        "max_iterations": steps // (rollout * N_ENVS),
        "obs_groups": {"actor": ["policy"], "critic": ["policy"]},
        "actor": model(distribution_cfg={"class_name": "GaussianDistribution", "init_std": 1.0}),
        "critic": model(),
        "algorithm": algorithm,
        "save_interval": 1000000,
        "experiment_name": env_id,
        "logger": "tensorboard",
    }


def main() -> None:
    """Train one run."""
    args = arguments(str(__doc__), FAULTS, ("ppo",))
    seeded(args.seed)
    env = Gymnasium(args.env, args.seed, args.fault)
    cfg = settings(args.env, args.seed, args.steps, args.fault)
    folder = args.out / "params"
    folder.mkdir()
    for name, content in (("agent", cfg), ("env", env.cfg)):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        runner = OnPolicyRunner(env, copy.deepcopy(cfg), str(args.out), "cpu")
        runner.learn(cfg["max_iterations"])
    finish(args, "rsl_rl", ("rsl-rl-lib", "tensorboard"), runner.logger.tot_timesteps)


if __name__ == "__main__":
    main()
