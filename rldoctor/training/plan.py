"""The frozen description of one training run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from rldoctor.training.rewards import PLAIN, Reward

ALGORITHMS = ("ppo", "a2c", "trpo", "sac", "tqc", "td3", "ddpg", "dqn")
ON_POLICY = ("ppo", "a2c", "trpo")


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides a run, on CPU with one thread, up to the versions of the libraries.

    ``steps`` are transitions over all ``n_envs`` environments. ``hyper`` are constructor arguments of
    the SB3 algorithm, except ``noise_std`` (Gaussian action noise, share of the action range) and ``her``
    (hindsight relabelling with 4 future goals per transition; where nothing is said, on for off-policy
    algorithms on sparse goal tasks). ``normalize`` wraps the environments in VecNormalize, which scales
    the rewards too unless ``scale_rewards`` is false. ``surgery`` names
    changes made to the built model, ``tampering`` wrappers around each environment, in order.
    ``log_interval`` is SB3's: iterations on-policy, episodes off-policy. ``probe`` logs Q values,
    ``diagnostics`` what the DiagnosticsCallback measures. ``variant`` tells tasks on one environment apart;
    ``fault`` is "" for a healthy run.
    """

    algo: str
    env_id: str
    steps: int
    seed: int = 0
    variant: str = ""
    n_envs: int = 1
    env_kwargs: Mapping[str, object] = field(default_factory=dict)
    reward: Reward = PLAIN
    normalize: bool = False
    scale_rewards: bool = True
    hyper: Mapping[str, object] = field(default_factory=dict)
    surgery: tuple[str, ...] = ()
    tampering: tuple[str, ...] = ()
    log_interval: int = 1
    probe: bool = False
    diagnostics: bool = False
    fault: str = ""

    def with_hyper(self, **changes: object) -> Plan:
        """The plan with some constructor arguments replaced."""
        return replace(self, hyper={**self.hyper, **changes})

    @property
    def name(self) -> str:
        """Folder name of the run: ``algo-env[-variant]-seed``."""
        return "-".join(part for part in (self.algo, self.env_id, self.variant, str(self.seed)) if part)
