"""Algorithm names and the families that rules speak of."""

from __future__ import annotations

from collections.abc import Collection

ON_POLICY = frozenset(
    (
        "ppo",
        "a2c",
        "trpo",
        "ppo_recurrent",
        "ppo_lstm",
        "maskable_ppo",
        "ppg",
        "reinforce",
        "vpg",
        "acktr",
        "a3c",
        "impala",
        "appo",
        "poca",
        "mappo",
        "ippo",
        "npg",
    )
)
OFF_POLICY = frozenset(
    (
        "sac",
        "td3",
        "ddpg",
        "dqn",
        "ddqn",
        "qrdqn",
        "tqc",
        "crossq",
        "rainbow",
        "c51",
        "iqn",
        "discrete_sac",
        "redq",
        "droq",
        "her",
        "d4pg",
        "fasttd3",
        "mpo",
        "td3_or_ddpg",
    )
)
# Those that act by the largest of the values they learn, one per action; all are off-policy.
VALUE_BASED = frozenset(("dqn", "ddqn", "qrdqn", "c51", "iqn", "rainbow"))
# Reinforcement learning on language models: an episode is one answer, and a step is an update. No rule
# about environments, replay or critics of states holds for them, so they are in neither family above.
# ``ppo_tokens`` is PPO with a critic of tokens; ``dpo`` and its relatives sample nothing.
LANGUAGE_MODEL = frozenset(
    (
        "grpo",
        "dapo",
        "gspo",
        "cispo",
        "rloo",
        "reinforce++",
        "remax",
        "opo",
        "ppo_tokens",
        "dpo",
        "kto",
    )
)
FAMILIES = {"on_policy": ON_POLICY, "off_policy": OFF_POLICY, "language_model": LANGUAGE_MODEL}
# What rules may name besides algorithms. A part of a family is no family: nothing is inferred to be one.
GROUPS = {**FAMILIES, "value_based": VALUE_BASED}
# What a log leaves open between algorithms that are logged alike; what holds for each holds for the run.
EITHER = {"td3_or_ddpg": ("td3", "ddpg")}


def called(metric: str, algorithm: str) -> str:
    """A metric in words: ``episode return``; of a language model, whose episode is one answer, ``reward``."""
    name = metric.replace("_", " ")
    if not matches(algorithm, ("language_model",)):
        return name
    return name.replace("episode return", "reward").replace("return", "reward")


def matches(algorithm: str, wanted: Collection[str]) -> bool:
    """Whether ``algorithm`` (a name, a family, or ``""`` when unknown) is covered by ``wanted``.

    ``any`` covers everything. A family in ``wanted`` covers its members and itself; a family as ``algorithm``
    is covered by that family only, since which member it is cannot be told.
    """
    if "any" in wanted or algorithm in wanted:
        return True
    if algorithm in EITHER:
        return all(matches(member, wanted) for member in EITHER[algorithm])
    return any(name in wanted and algorithm in members for name, members in GROUPS.items())
