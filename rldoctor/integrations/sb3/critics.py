"""Q values and the policy's distribution on one replay batch."""

from __future__ import annotations

from typing import Any

SATURATED = 0.99
"""In actions scaled to [-1, 1]: within 1 % of a bound."""


def batch_measures(model: Any, batch: int) -> dict[str, float]:
    """Canonical metric -> value of an off-policy SB3 model on ``batch`` replayed transitions.

    Q in units of the learner's discounted return: ``q_mean`` (first critic) and ``q2_mean`` at replayed
    actions, ``twin_q_gap`` the mean absolute difference of the two, ``q_std``, and ``q_policy_mean`` the
    smallest critic at the policy's own actions. ``action_saturation`` of those actions; for SAC and TQC
    also ``entropy`` (nats, summed over action dimensions) and ``policy_std`` (before the squashing).
    NaN and infinity are passed on: they are findings.
    """
    import torch

    data = model.replay_buffer.sample(batch, env=model.get_vec_normalize_env())
    with torch.no_grad():
        if hasattr(model, "q_net"):
            return _discrete(model, data)
        own, measures = _policy(model.actor, data.observations)
        return {**measures, **_critics(model, data, own)}


def _critics(model: Any, data: Any, own: Any) -> dict[str, float]:
    """Q at replayed and at the policy's ``own`` actions."""
    heads = _heads(model.critic(data.observations, data.actions))
    measures = {"q_mean": float(heads[0].mean()), "q_std": float(heads[0].std())}
    if len(heads) > 1:
        measures["q2_mean"] = float(heads[1].mean())
        measures["twin_q_gap"] = float((heads[0] - heads[1]).abs().mean())
    at_own = _heads(model.critic(data.observations, own))
    return {**measures, "q_policy_mean": float(at_own.min(dim=0).values.mean())}


def _heads(values: Any) -> Any:
    """Q of shape (critics, batch), from SB3's tuple of columns or TQC's quantiles (batch, critics, n)."""
    import torch

    if isinstance(values, tuple | list):
        return torch.cat(tuple(values), dim=1).T
    return values.mean(dim=2).T


def _policy(actor: Any, observations: Any) -> tuple[Any, dict[str, float]]:
    """The policy's actions in [-1, 1] (sampled where it is stochastic), and what they say."""
    if not hasattr(actor, "action_log_prob"):
        actions = actor(observations)
        return actions, {"action_saturation": _saturation(actions)}
    actions, log_prob = actor.action_log_prob(observations)
    measures = {"action_saturation": _saturation(actions), "entropy": -float(log_prob.mean())}
    if not actor.use_sde:
        _, log_std, _ = actor.get_action_dist_params(observations)
        measures["policy_std"] = float(log_std.exp().mean())
    return actions, measures


def _saturation(actions: Any) -> float:
    """Share of action components at a bound."""
    return float((actions.abs() >= SATURATED).float().mean())


def _discrete(model: Any, data: Any) -> dict[str, float]:
    """DQN: Q of the replayed action, and of the greedy one."""
    values = model.q_net(data.observations)
    taken = values.gather(1, data.actions.long())
    return {
        "q_mean": float(taken.mean()),
        "q_std": float(taken.std()),
        "q_policy_mean": float(values.max(dim=1).values.mean()),
    }
