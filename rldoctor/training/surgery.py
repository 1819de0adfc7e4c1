"""Changes to a built SB3 model that no constructor argument can make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rldoctor.training.schedules import anneal_early, restart_rate

LOUD = 1000.0
"""How many times too large a saturated actor's output layer is."""


def freeze_actor(model: Any) -> None:
    """Stop every parameter of an actor-critic policy that only the action distribution uses.

    The critic goes on learning: this is the "actor not in the optimiser" wiring fault. Parameters whose
    gradient is None are skipped by both the norm clip and Adam.
    """
    policy = model.policy
    frozen = [*policy.mlp_extractor.policy_net.parameters(), *policy.action_net.parameters()]
    if hasattr(policy, "log_std"):
        frozen.append(policy.log_std)
    _freeze(frozen)


def freeze_critic(model: Any) -> None:
    """Stop every parameter that only the critic uses; off-policy its optimiser no longer steps.

    Off-policy the gradients are still computed (SB3's backward pass needs something to differentiate).
    """
    if hasattr(model, "critic"):
        model.critic.optimizer.step = lambda *_, **__: None
        return
    policy = model.policy
    _freeze([*policy.mlp_extractor.value_net.parameters(), *policy.value_net.parameters()])


def freeze_second_critic(model: Any) -> None:
    """Stop the second of an off-policy model's critics; its target is a copy of what it started as."""
    _freeze(model.critic.q_networks[1].parameters())


def share_trunk(model: Any) -> None:
    """Give actor and critic one hidden network, and the optimiser the parameters that are left."""
    policy = model.policy
    policy.mlp_extractor.value_net = policy.mlp_extractor.policy_net
    rate = model.lr_schedule(1.0)
    policy.optimizer = policy.optimizer_class(policy.parameters(), lr=rate, **policy.optimizer_kwargs)


def clipped_log_prob(model: Any) -> None:
    """Store, with every unclipped action, the log-probability of the clipped one."""
    import torch

    policy, forward = model.policy, model.policy.forward
    low, high = (torch.as_tensor(bound) for bound in (model.action_space.low, model.action_space.high))

    def mismatched(observations: Any, deterministic: bool = False) -> Any:
        actions, values, _ = forward(observations, deterministic)
        told = policy.get_distribution(observations).log_prob(torch.clamp(actions, low, high))
        return actions, values, told

    policy.forward = mismatched


def saturate_actor(model: Any) -> None:
    """Enlarge the weights of the actor's output layer (and of its target's): tanh has no slope left."""
    import torch

    heads = [_output_layer(actor) for actor in (model.actor, getattr(model, "actor_target", None)) if actor]
    with torch.no_grad():
        for head in heads:
            head.weight.mul_(LOUD)


def _output_layer(actor: Any) -> Any:
    """The last linear layer of the mean: SAC's ``mu`` itself, the one before tanh of TD3 and DDPG."""
    return actor.mu[-2] if hasattr(actor.mu, "__getitem__") else actor.mu


def _freeze(parameters: Any) -> None:
    """Stop parameters from requiring gradients."""
    for parameter in parameters:
        parameter.requires_grad_(False)


SURGERIES: Mapping[str, Callable[[Any], None]] = {
    "freeze-actor": freeze_actor,
    "freeze-critic": freeze_critic,
    "freeze-second-critic": freeze_second_critic,
    "share-trunk": share_trunk,
    "clipped-log-prob": clipped_log_prob,
    "saturate-actor": saturate_actor,
    "anneal-early": anneal_early,
    "restart-rate": restart_rate,
}
