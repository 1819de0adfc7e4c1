"""One task of the reference runner: its hyperparameters, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rldoctor.training.plan import Plan
from rldoctor.training.rewards import PLAIN, Reward

ZOO = "rl-baselines3-zoo hyperparams"
SMALL_NETS: Mapping[str, object] = {"net_arch": [64, 64]}
# For replay learners on small tasks: less than the zoo's settings, so that a reference takes minutes.
SMALL_OFF_POLICY: Mapping[str, object] = {
    "learning_rate": 1e-3,
    "batch_size": 128,
    "buffer_size": 50_000,
    "learning_starts": 1_000,
    "policy_kwargs": SMALL_NETS,
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """One (algorithm, environment, variant): plan fields and the source of its hyperparameters."""

    algo: str
    env_id: str
    steps: int
    source: str
    variant: str = ""
    n_envs: int = 1
    env_kwargs: Mapping[str, object] = field(default_factory=dict)
    reward: Reward = PLAIN
    normalize: bool = False
    hyper: Mapping[str, object] = field(default_factory=dict)
    log_interval: int = 1

    def plan(self, *, seed: int = 0, steps: int | None = None) -> Plan:
        """The healthy training of this task; ``steps`` overrides the catalogue's budget."""
        return Plan(
            algo=self.algo,
            env_id=self.env_id,
            steps=self.steps if steps is None else steps,
            seed=seed,
            variant=self.variant,
            n_envs=self.n_envs,
            env_kwargs=self.env_kwargs,
            reward=self.reward,
            normalize=self.normalize,
            hyper=self.hyper,
            log_interval=self.log_interval,
        )
