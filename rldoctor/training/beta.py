"""A Beta-distributed policy for PPO, A2C and TRPO: bounded actions without clipping."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.distributions import Distribution, sum_independent_dims
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import CombinedExtractor, FlattenExtractor

INSIDE = float(np.finfo(np.float32).eps)
"""Distance to the ends of [0, 1] that samples keep: at 0 and 1 themselves the logarithms are infinite."""


class BetaDistribution(Distribution):  # type: ignore[misc] # SB3 is not typed here
    """Independent Beta variables on [0, 1], mapped affinely onto the box [low, high].

    With x ~ Beta(alpha, beta) and a = low + (high - low) x, the density of the action a has the Jacobian
    1 / (high - low) per dimension, so log p(a) = sum [log Beta(x; alpha, beta) - log(high - low)], and the
    entropy (nats) is sum [H(Beta(alpha, beta)) + log(high - low)]. alpha = 1 + softplus(.) and beta alike, so
    the density has one peak and none at the bounds (Chou, Maturana and Scherer, ICML 2017).
    """

    def __init__(self, low: Any, high: Any) -> None:
        """``low``, ``high``: finite bounds, shape (action_dim,); ValueError where they are not."""
        super().__init__()
        low, high = np.asarray(low, np.float64).reshape(-1), np.asarray(high, np.float64).reshape(-1)
        if not (np.isfinite(low).all() and np.isfinite(high).all() and (low < high).all()):
            raise ValueError("a Beta policy needs finite action bounds with low < high")
        self.action_dim = len(low)
        self.low = torch.as_tensor(low, dtype=torch.float32)
        self.width = torch.as_tensor(high - low, dtype=torch.float32)

    def proba_distribution_net(self, latent_dim: int) -> torch.nn.Module:
        """The layer whose 2 * action_dim outputs become alpha and beta."""
        return torch.nn.Linear(latent_dim, 2 * self.action_dim)

    def proba_distribution(self, raw: torch.Tensor) -> BetaDistribution:
        """Take the outputs of the layer, shape (batch, 2 * action_dim)."""
        alpha, beta = (1 + torch.nn.functional.softplus(raw)).chunk(2, dim=-1)
        # A network that has broken down is to end the training with torch's ValueError about NaN.
        self.distribution = torch.distributions.Beta(alpha, beta)
        self.low, self.width = self.low.to(raw.device), self.width.to(raw.device)
        return self

    def log_prob(self, actions: torch.Tensor) -> torch.Tensor:
        """Log density of ``actions`` (batch, action_dim) in the units of the environment, shape (batch,).

        Actions at or beyond a bound count as the nearest one inside, so that value and gradient are finite.
        """
        unit = ((actions - self.low) / self.width).clamp(INSIDE, 1 - INSIDE)
        return sum_independent_dims(self.distribution.log_prob(unit) - self.width.log())

    def entropy(self) -> torch.Tensor:
        """Differential entropy of the environment action in nats, shape (batch,)."""
        return sum_independent_dims(self.distribution.entropy() + self.width.log())

    def sample(self) -> torch.Tensor:
        """Actions inside the bounds, with gradients to alpha and beta."""
        return self._action(self.distribution.rsample().clamp(INSIDE, 1 - INSIDE))

    def mode(self) -> torch.Tensor:
        """The mean, taken as the deterministic action: the mode of Beta(1, 1) is any number."""
        return self._action(self.distribution.mean)

    def actions_from_params(self, raw: torch.Tensor, deterministic: bool = False) -> torch.Tensor:
        """Actions for the outputs of the layer."""
        return self.proba_distribution(raw).get_actions(deterministic=deterministic)

    def log_prob_from_params(self, raw: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Sampled actions and their log density."""
        actions = self.actions_from_params(raw)
        return actions, self.log_prob(actions)

    def _action(self, unit: torch.Tensor) -> torch.Tensor:
        """From [0, 1] to [low, high]."""
        return self.low + self.width * unit


class BetaPolicy(ActorCriticPolicy):  # type: ignore[misc]
    """SB3's actor-critic policy with a `BetaDistribution`, for vector and dictionary observations.

    ``PPO(BetaPolicy, env)``. SB3's Gaussian reaches beyond the bounds and is clipped there, so that the
    log-probabilities are not those of what the environment did; here every sample is inside. The action space
    has to be a Box with finite bounds (ValueError otherwise). gSDE is not possible.
    """

    def __init__(
        self, observation_space: spaces.Space, action_space: spaces.Space, *args: Any, **kwargs: Any
    ) -> None:
        """As for SB3's ActorCriticPolicy."""
        if not isinstance(action_space, spaces.Box):
            raise ValueError(f"a Beta policy needs a bounded Box of actions, not {action_space}")
        if kwargs.get("use_sde"):
            raise ValueError("a Beta policy has no state-dependent exploration: leave use_sde off")
        extractor = CombinedExtractor if isinstance(observation_space, spaces.Dict) else FlattenExtractor
        kwargs.setdefault("features_extractor_class", extractor)
        super().__init__(observation_space, action_space, *args, **kwargs)

    def _build(self, lr_schedule: Any) -> None:
        """SB3's networks, with the Gaussian's head and spread exchanged for the Beta head."""
        super()._build(lr_schedule)
        del self.log_std
        self.action_dist = BetaDistribution(self.action_space.low, self.action_space.high)
        self.action_net = self.action_dist.proba_distribution_net(self.mlp_extractor.latent_dim_pi)
        if self.ortho_init:
            self.action_net.apply(partial(self.init_weights, gain=0.01))
        self.optimizer = self.optimizer_class(self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs)

    def _get_action_dist_from_latent(self, latent_pi: torch.Tensor) -> BetaDistribution:
        return self.action_dist.proba_distribution(self.action_net(latent_pi))
