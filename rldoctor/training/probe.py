"""Q values on a replay batch: what SB3 does not log and most value rules want."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class QProbe:
    """A plain SB3 callback (``callback(locals, globals) -> True``) that logs Q means as episodes end.

    Logged in units of discounted return: ``train/q1_mean`` and ``train/q2_mean`` per critic,
    ``train/q_mean`` (mean of the elementwise minimum over critics) for replayed actions, and
    ``train/q_policy_mean`` the same minimum for the policy's own actions. Draws ``batch`` transitions
    from the replay buffer with the global random state, so a run with the probe differs from one without.
    """

    def __init__(self, batch: int = 256) -> None:
        """``batch``: replayed transitions per measurement."""
        self.batch = batch

    def __call__(self, locals_: Mapping[str, Any], globals_: Mapping[str, Any]) -> bool:
        """Record when an episode has just ended: SB3 writes its rows only then."""
        model, dones = locals_["self"], locals_.get("dones")
        if dones is not None and any(dones) and model.num_timesteps > model.learning_starts:
            for name, value in q_means(model, self.batch).items():
                model.logger.record(f"train/{name}", value)
        return True


def q_means(model: Any, batch: int) -> dict[str, float]:
    """Q means of an off-policy SB3 model on one replay batch; keys as in `QProbe`, without the prefix."""
    import torch

    data = model.replay_buffer.sample(batch, env=model.get_vec_normalize_env())
    with torch.no_grad():
        if hasattr(model, "q_net"):
            return _discrete(model, data)
        heads = model.critic(data.observations, data.actions)
        own = torch.stack(model.critic(data.observations, _own_actions(model, data.observations)))
    means = {f"q{index}_mean": float(head.mean()) for index, head in enumerate(heads, start=1)}
    means["q_mean"] = float(torch.stack(heads).min(dim=0).values.mean())
    return {**means, "q_policy_mean": float(own.min(dim=0).values.mean())}


def _own_actions(model: Any, observations: Any) -> Any:
    """The policy's actions: sampled for SAC, deterministic for TD3 and DDPG."""
    if hasattr(model.actor, "action_log_prob"):
        return model.actor.action_log_prob(observations)[0]
    return model.actor(observations)


def _discrete(model: Any, data: Any) -> dict[str, float]:
    """DQN: Q of the replayed action and of the greedy one."""
    values = model.q_net(data.observations)
    taken = values.gather(1, data.actions.long())
    return {"q_mean": float(taken.mean()), "q_policy_mean": float(values.max(dim=1).values.mean())}
