"""Changes to a built SB3 model that no constructor argument can make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def freeze_actor(model: Any) -> None:
    """Stop every parameter of an actor-critic policy that only the action distribution uses.

    The critic goes on learning: this is the "actor not in the optimiser" wiring fault. Parameters whose
    gradient is None are skipped by both the norm clip and Adam.
    """
    policy = model.policy
    frozen = [*policy.mlp_extractor.policy_net.parameters(), *policy.action_net.parameters()]
    if hasattr(policy, "log_std"):
        frozen.append(policy.log_std)
    for parameter in frozen:
        parameter.requires_grad_(False)


SURGERIES: Mapping[str, Callable[[Any], None]] = {"freeze-actor": freeze_actor}
