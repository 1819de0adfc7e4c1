"""The careful guess at tags no table knows: rules and how to apply them are in ``generic.yaml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from typing import Any

from rldoctor.compiled.store import Compiled
from rldoctor.datafiles.canonical import canonical, vocabulary_sources
from rldoctor.datafiles.packs import BUILTIN, Packs
from rldoctor.model.algorithms import LANGUAGE_MODEL, ON_POLICY
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass, replace
from rldoctor.vocabulary.tables import KnobRule, Scale, TagRule, tuples

_CAMEL = pattern(r"(?<=[a-z0-9])(?=[A-Z])")
# Cut out before a tag is read: ``agent_1_reward`` is a reward like any other, of one agent.
_AGENT = pattern(r"(?:^|_)(team|agent|player)_?(\d+)(?=_|$)")
# Spelled like a canonical name, yet PPO programs write it of their state-value critic.
_AMBIGUOUS = frozenset({"critic_loss"})
_PERCENT = frozenset({"percent", "percentage", "pct"})


@dataclass(frozen=True, slots=True)
class GuessRule:
    """One row of ``generic.yaml``; ``order`` is its position, lower is preferred."""

    match: re.Pattern[str]
    metric: str
    order: int
    weak: bool = False
    not_bare: bool = False
    scale: float = 1.0
    exp: bool = False
    estimator: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    unless_metrics: tuple[str, ...] = ()
    on_policy: str = ""
    dqn: str = ""
    language_model: str = ""


@dataclass(frozen=True, slots=True)
class Guess:
    """What a tag probably means. ``exact``: it is spelled like the canonical name, so nothing was guessed.

    ``base`` is the metric whose spread or evaluation this is (itself for most).
    """

    rule: TagRule
    order: int
    weak: bool = False
    exact: bool = False
    agent: str = ""
    base: str = ""
    unless_metrics: tuple[str, ...] = ()
    on_policy: str = ""
    dqn: str = ""
    language_model: str = ""


@dataclass(frozen=True, slots=True)
class GenericWords:
    """The word lists and rules of ``generic.yaml``."""

    neutral: frozenset[str]
    neutral_end: frozenset[str]
    evaluation: frozenset[str]
    plurals: Mapping[str, str]
    statistics: Mapping[str, str]
    refused: frozenset[str]
    spread: Mapping[str, Mapping[str, str]]
    evaluated: Mapping[str, str]
    whole: tuple[GuessRule, ...]
    rules: tuple[GuessRule, ...]
    config: Mapping[str, KnobRule]
    safe: frozenset[str]
    conservation: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A tag taken apart: what is left, and what was cut out."""

    core: str
    agent: str = ""
    evaluation: bool = False
    statistic: str = ""
    percent: bool = False


@lru_cache(maxsize=1)
def words() -> GenericWords:
    """``generic.yaml``, read once."""
    return WORDS.load()


def read_words() -> GenericWords:
    """The same, from the file. RuleError with every problem of it."""
    from rldoctor.vocabulary.tables_file import generic_file

    data = generic_file()
    whole = [_rule(row, order) for order, row in enumerate(data["whole"])]
    rules = [_rule(row, order + len(whole)) for order, row in enumerate(data["metrics"])]
    config = {key: tuples(row) for key, row in data["config"].items()}
    safe = frozenset(key for key, row in config.items() if row.pop("safe", False))
    return GenericWords(
        neutral=frozenset(data["neutral"]),
        neutral_end=frozenset(data["neutral_end"]),
        evaluation=frozenset(data["evaluation"]),
        plurals=data["plurals"],
        statistics=data["statistics"],
        refused=frozenset(data["refused_words"]),
        spread=data["spread"],
        evaluated=data["evaluated"],
        whole=tuple(whole),
        rules=tuple(rules),
        config={key: KnobRule(**tuples(row)) for key, row in config.items()},
        safe=safe,
        conservation={name: float(one["value"]) for name, one in data["conservation"].items()},
    )


def _rule(row: Mapping[str, Any], order: int) -> GuessRule:
    fields = tuples(row)
    fields["match"] = re.compile(row["match"])
    return GuessRule(order=order, **fields)


WORDS = Compiled(
    "generic-words", GenericWords, lambda: [BUILTIN / "generic.yaml", *vocabulary_sources()], read_words
)


def plain(text: str) -> str:
    """Lower case, camelCase and every separator as a single ``_``."""
    return re.sub(r"[^a-z0-9%]+", "_", _CAMEL.sub("_", text).lower()).strip("_")


@lru_cache(maxsize=4096)
def guess(tag: str, packs: Packs = ()) -> Guess | None:
    """The most likely meaning of ``tag``, or None when nothing is likely enough.

    ``packs``: vocabulary folders whose metrics are canonical too.
    """
    # A canonical name means what we mean by it, above all in what our own callback writes (``rldoctor/...``).
    text = plain(tag)
    name = text.removeprefix("rldoctor_")
    if name in canonical(packs).units and (name != text or name not in _AMBIGUOUS):
        return Guess(TagRule(name), -1, exact=True)
    for rule in words().whole:
        if rule.match.fullmatch(text):
            return _found(rule, rule.metric, _Reading(text))
    reading = _take_apart(text)
    return None if reading is None else _match(reading)


def _take_apart(text: str) -> _Reading | None:
    lists = words()
    numbered = _AGENT.search(text)
    agent = f"{numbered[1]}_{numbered[2]}" if numbered else ""
    parts = [part for part in _AGENT.sub("", text).split("_") if part]
    if any(part in lists.refused for part in parts):
        return None
    parts[-1:] = [lists.plurals.get(part, part) for part in parts[-1:]]
    evaluation = any(part in lists.evaluation for part in parts)
    percent = any(part in _PERCENT for part in parts)
    parts = [part for part in parts if part not in lists.evaluation and part not in _PERCENT]
    found = [lists.statistics[part] for part in parts if part in lists.statistics]
    kept = [part for part in parts if part not in lists.statistics]
    # ``max_mean_q`` is one or the other; which cannot be told, and the wrong one would set off rules.
    if len(set(found)) > 1:
        return None
    return _Reading("_".join(kept), agent, evaluation, found[0] if found else "", percent)


def _match(reading: _Reading) -> Guess | None:
    """Try the text, then without its outer neutral words, one at a time."""
    lists = words()
    parts = reading.core.split("_")
    while parts and parts[0]:
        core = "_".join(parts)
        rule = next((rule for rule in lists.rules if rule.match.fullmatch(core)), None)
        # A bare ``value`` may be anything; ``mean_value`` is what critics log.
        if rule is not None and not (rule.not_bare and core == "value" and reading.statistic != "mean"):
            metric = _metric(rule.metric, reading)
            return None if metric is None else _found(rule, metric, reading)
        if parts[-1] in lists.neutral_end and len(parts) > 1:
            parts = parts[:-1]
        elif parts[0] in lists.neutral:
            parts = parts[1:]
        else:
            return None
    return None


def _metric(base: str, reading: _Reading) -> str | None:
    """The canonical name after the statistic and the phase: a spread never passes for the mean."""
    lists = words()
    metric: str | None = base
    if reading.evaluation:
        # Only what has a name of its own in evaluation: a loss on test data is no training loss.
        metric = lists.evaluated.get(base)
    if metric is not None and reading.statistic in ("max", "min", "std"):
        metric = lists.spread.get(metric, {}).get(reading.statistic)
    # A percentage of something that is no fraction (a share of time, say) is another quantity.
    if reading.percent and metric is not None and not canonical().units[metric].startswith("fraction"):
        return None
    return metric


def _found(rule: GuessRule, metric: str, reading: _Reading) -> Guess:
    attributes = dict(rule.attributes)
    if reading.agent:
        attributes["agent"] = reading.agent
    # Both critics share the names of the spread, so the second one is told by an attribute.
    if reading.statistic and metric in ("q_max", "q_min", "q_std") and rule.metric == "q2_mean":
        attributes["critic"] = "2"
    meaning = TagRule(
        metric,
        scale=Scale(0.01 if reading.percent else rule.scale),
        exp=rule.exp,
        estimator=rule.estimator,
        attributes=attributes,
    )
    return Guess(
        meaning,
        rule.order,
        weak=rule.weak,
        agent=reading.agent,
        base=metric if reading.evaluation else rule.metric,
        unless_metrics=rule.unless_metrics,
        on_policy=rule.on_policy,
        dqn=rule.dqn,
        language_model=rule.language_model,
    )


def adapt(found: Guess, algorithm: str, family: str) -> Guess:
    """The guess for a known algorithm: PPO's ``critic_loss`` is a value loss, DQN's ``loss`` a critic's."""
    metric = ""
    if found.on_policy and (algorithm in ON_POLICY or "on_policy" in (algorithm, family)):
        metric = found.on_policy
    # In DQN the loss of the Q network is the only one there is.
    if found.dqn and algorithm in ("dqn", "qrdqn", "rainbow", "c51"):
        metric = found.dqn
    # A program that trains a language model calls the distance from the reference model KL.
    if found.language_model and (algorithm in LANGUAGE_MODEL or "language_model" in (algorithm, family)):
        metric = found.language_model
    return replace(found, rule=replace(found.rule, metric=metric)) if metric else found
