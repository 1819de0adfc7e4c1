"""Gradient norms before clipping, from a few of the training's own backward passes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

ParameterGroups = Mapping[str, Sequence[Any]]


class GradientWatch:
    """Hooks that look at the next few optimiser steps and then remove themselves.

    Norms are taken as gradients are accumulated, so before any clipping. Nothing is written to a
    parameter or a gradient.
    """

    def __init__(self, watched: Sequence[tuple[Any, ParameterGroups]], steps: int = 2) -> None:
        """``watched``: each optimiser with its parameters by canonical metric; ``steps`` to look at."""
        self.watched = watched
        self.steps = steps
        self._handles: list[Any] = []
        self._norms: dict[int, Any] = {}
        self._left = 0

    def arm(self, record: Callable[[str, float], None]) -> None:
        """Look at the next steps of every optimiser; ``record(metric, norm)`` is called for each."""
        self.disarm()
        self._left = self.steps * len(self.watched)
        for optimizer, groups in self.watched:
            parameters = {id(p): p for group in groups.values() for p in group if p.requires_grad}
            self._handles += [
                p.register_post_accumulate_grad_hook(self._accumulated) for p in parameters.values()
            ]
            self._handles.append(optimizer.register_step_pre_hook(self._before_step(groups, record)))

    def disarm(self) -> None:
        """Remove every hook."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        self._norms.clear()

    def _norm(self, parameters: Sequence[Any]) -> float:
        """Joint norm of the gradients seen."""
        squares = [self._norms[id(p)] ** 2 for p in parameters if id(p) in self._norms]
        return math.sqrt(float(sum(squares)))

    def _accumulated(self, parameter: Any) -> None:
        self._norms[id(parameter)] = parameter.grad.detach().norm()

    def _before_step(
        self, groups: ParameterGroups, record: Callable[[str, float], None]
    ) -> Callable[..., None]:
        """A hook that records the norm of each group; a group without any gradient has norm 0."""

        def hook(*_: Any) -> None:
            try:
                for metric, parameters in groups.items():
                    record(metric, self._norm(parameters))
            except Exception:  # runs inside the training's own update, which must go on
                self._left = 0
            self._norms.clear()
            self._left -= 1
            if self._left <= 0:
                self.disarm()

        return hook


def watched_parameters(model: Any) -> list[tuple[Any, ParameterGroups]]:
    """The optimisers of an SB3 model, each with the parameter groups whose gradient norm is of interest."""
    if hasattr(model, "q_net"):
        return [(model.policy.optimizer, {"grad_norm": list(model.q_net.parameters())})]
    if hasattr(model, "replay_buffer"):
        return [
            (model.critic.optimizer, {"grad_norm_critic": list(model.critic.parameters())}),
            (model.actor.optimizer, {"grad_norm_actor": list(model.actor.parameters())}),
        ]
    actor, critic, rest = _split(model.policy)
    if hasattr(model, "cg_max_steps"):  # TRPO moves the actor by a natural gradient, not by its optimiser
        return [(model.policy.optimizer, {"grad_norm_critic": critic})]
    groups = {"grad_norm": [*actor, *critic, *rest], "grad_norm_actor": actor, "grad_norm_critic": critic}
    return [(model.policy.optimizer, groups)]


def actor_parameters(model: Any) -> list[Any]:
    """The parameters of the network that acts."""
    if hasattr(model, "q_net"):
        return list(model.q_net.parameters())
    if hasattr(model, "replay_buffer"):
        return list(model.actor.parameters())
    return _split(model.policy)[0]


def _split(policy: Any) -> tuple[list[Any], list[Any], list[Any]]:
    """Parameters of an on-policy policy that only act, that only value, and that do both."""
    actor, critic, shared = [], [], []
    for name, parameter in policy.named_parameters():
        if name.startswith(("action_net", "log_std", "mlp_extractor.policy_net", "pi_features_extractor")):
            actor.append(parameter)
        elif name.startswith(("value_net", "mlp_extractor.value_net", "vf_features_extractor")):
            critic.append(parameter)
        else:
            shared.append(parameter)
    return actor, critic, shared


def flat(parameters: Sequence[Any]) -> Any:
    """A copy of the parameters as one vector."""
    import torch

    return torch.cat([p.detach().reshape(-1) for p in parameters]).clone()
