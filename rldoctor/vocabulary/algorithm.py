"""Which algorithm wrote a log, and what the run is called: its environment and seed.

The configuration decides, then the logged tags, then the names of folders: a folder is named once and copied
often, and ``ppo_vs_sac/`` names two. Where only the metrics tell, the answer may be a family (``on_policy``):
rules for a family still apply, and none that needs the exact algorithm is guessed into.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

from rldoctor.datafiles.canonical import algorithm_file
from rldoctor.model.algorithms import EITHER, FAMILIES, LANGUAGE_MODEL
from rldoctor.model.config import RunConfig
from rldoctor.model.raw import RawRun, RawSetting
from rldoctor.patterns import pattern
from rldoctor.vocabulary.tables import FrameworkTable, logged

_TOKENS = pattern(r"[a-z0-9]+")
_LANGUAGE = "language_model"


@lru_cache(maxsize=1)
def _known() -> tuple[Mapping[str, str], Mapping[str, tuple[str, ...]]]:
    data = algorithm_file()
    names = {alias: name for name, aliases in data["names"].items() for alias in aliases}
    return names, {family: tuple(metrics) for family, metrics in data["families"].items()}


@lru_cache(maxsize=1)
def _module() -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(map(re.escape, algorithm_file()['modules']))})\.([a-z0-9_]+)\.")


def algorithm_names() -> list[str]:
    """Every canonical algorithm name and family."""
    return sorted({*_known()[0].values(), *EITHER, *FAMILIES})


def canonical_algorithm(text: str) -> str:
    """The algorithm that ``text`` names (``RecurrentPPO``, ``ppo_continuous_action``), or ``""``."""
    names = _known()[0]
    module = _module().search(text.lower())
    # Of a class's path (``stable_baselines3.td3.policies``) one part names the algorithm; the rest misleads.
    if module:
        text = module[1]
    parts = _TOKENS.findall(text.lower().replace("++", "plusplus"))
    for start in range(len(parts)):
        # The longest name first: ``discrete_sac`` is not SAC.
        for end in range(len(parts), start, -1):
            name = names.get("".join(parts[start:end]))
            if name:
                return name
    return _by_case(text)


def _by_case(text: str) -> str:
    """Class names: ``PPOConfig``, ``SACPolicy`` start with the algorithm's capitals."""
    capitals = re.match(r"([A-Z0-9]{2,})(?=[A-Z][a-z]|$)", text)
    return _known()[0].get(capitals[1].lower(), "") if capitals else ""


def detect_algorithm(raw: RawRun, table: FrameworkTable, tags: Collection[str]) -> str:
    """The algorithm of a run, or ``""``.

    The configuration decides; then what the tags leave possible, narrowed by the names of the run and its
    folders; then those names alone (only where the tags say nothing).
    """
    configured = in_table(_configured(raw.settings, table), table)
    if configured:
        return configured
    possible, assumed = _possible(table, tags)
    named = in_table(_named(raw), table)
    # Tags that fit PPO and A2C alike leave both possible; a name may choose among these, never outside them.
    if not possible:
        return table.assume_algorithm if _denied(named, table) else named or table.assume_algorithm
    if named in possible or len(possible) == 1:
        return named if named in possible else possible[0]
    return assumed or possible[0]


def _denied(named: str, table: FrameworkTable) -> bool:
    """Whether the tags speak against a name: PPO on tokens logs a critic, preference training its margins.

    Only of language models, whose folders are called by words that mean several things (``ppo_qwen``).
    """
    told = {one for rule in table.algorithms if len(rule.any_of) == 1 for one in rule.any_of}
    return family(table.assume_algorithm) == _LANGUAGE and named in told


def _configured(settings: Iterable[RawSetting], table: FrameworkTable) -> str:
    by_key: dict[str, object] = {}
    for setting in settings:
        # What the user says stands before what files say, and the first word counts.
        by_key.setdefault(setting.key, setting.value)
    for wanted in (*table.algorithm_settings, *algorithm_file()["settings"]):
        # The least nested first: ``algo`` before ``model.algo``, which may be that of a sub-policy.
        for key in sorted(by_key, key=lambda key: key.count(".")):
            if key == wanted or key.endswith(f".{wanted}"):
                name = _called(str(by_key[key]), table)
                if name:
                    return name
    return ""


def in_table(algorithm: str, table: FrameworkTable) -> str:
    """What a framework means by a name: PPO of a program for language models is PPO on tokens.

    ``""`` where a framework of language models has no such algorithm.
    """
    name = table.algorithm_names.get(algorithm, algorithm)
    return "" if family(table.assume_algorithm) == _LANGUAGE != family(name) else name


def _called(text: str, table: FrameworkTable) -> str:
    """The algorithm by the framework's own word for it (``gae`` is PPO in verl), else by the general ones."""
    return table.algorithm_names.get(text.lower(), "") or canonical_algorithm(text)


def _possible(table: FrameworkTable, tags: Collection[str]) -> tuple[tuple[str, ...], str]:
    for rule in table.algorithms:
        if logged(rule.has, tags):
            return rule.any_of, rule.assume
    return (), ""


def _named(raw: RawRun) -> str:
    """The one algorithm named by the run's id or the folders around it, the nearest first."""
    places = [*reversed(raw.id.split("/")), *reversed(raw.path.parts[-3:])]
    for place in places:
        found = _in_name(place)
        if len(found) == 1:
            return found[0]
        # Two algorithms in one name are a comparison's folder; what stands further up would be a worse guess.
        if found:
            return ""
    return ""


def _in_name(place: str) -> list[str]:
    names, short = _known()[0], algorithm_file()["not_in_names"]
    # Split at its underscore, the one name of two words would be found as ``sac``.
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", place).lower().replace("discrete_sac", "discretesac")
    tokens = re.split(r"[^a-z0-9]+", text)
    return sorted({names[token] for token in tokens if token in names and token not in short})


def algorithm_of(metrics: Collection[str]) -> str:
    """The algorithm that the canonical metrics give away together, else the family (see ``family_of``)."""
    # Such signs count only where nothing logged speaks for the other family.
    told = [row["algorithm"] for row in algorithm_file()["signs"] if set(row["metrics"]) <= set(metrics)]
    return told[0] if told and family_of(metrics) == family(told[0]) else family_of(metrics)


def family_of(metrics: Collection[str]) -> str:
    """``on_policy``, ``off_policy`` or ``language_model`` when the metrics belong to one family only.

    ``""`` where they belong to none, or to both of the first two.
    """
    ambiguous: Mapping[str, list[str]] = algorithm_file()["ambiguous"]
    # A metric that another one explains away (``ambiguous`` in the data) says nothing of the family.
    telling = {one for one in metrics if not set(ambiguous.get(one, ())) & set(metrics)}
    scores = {name: len(telling & set(wanted)) for name, wanted in _known()[1].items()}
    # PPO on tokens has the metrics of PPO too; none of the others speaks of answers.
    if scores[_LANGUAGE]:
        return _LANGUAGE
    found = [name for name, count in scores.items() if count]
    return found[0] if len(found) == 1 else ""


def family(algorithm: str) -> str:
    """The family of an algorithm name (or of a family), ``""`` when it has none."""
    if algorithm in FAMILIES:
        return algorithm
    return next((name for name, members in FAMILIES.items() if algorithm in members), "")


def believed(algorithm: str, table: FrameworkTable, metrics: Collection[str]) -> str:
    """A name of an algorithm, unless it is one of language models and nothing logged speaks of answers.

    There are GRPO and REINFORCE++ on environments as well, for which the rules about answers do not hold.
    """
    foreign = algorithm in LANGUAGE_MODEL and family_of(metrics) != _LANGUAGE
    return "" if foreign and family(table.assume_algorithm) != _LANGUAGE else algorithm


_ENVIRONMENT = pattern(r"(?<![A-Za-z0-9])([A-Z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*-v\d+)")


def environment(raw: RawRun, config: RunConfig) -> str:
    """The environment's id from the configuration, else from a folder called like ``Ant-v4``, else empty."""
    knob = config.get("env_id")
    if knob is not None and isinstance(knob.value, str) and knob.value not in ("none", "auto"):
        return knob.value
    for place in (*reversed(raw.id.split("/")), raw.path.name, raw.path.parent.name):
        if match := _ENVIRONMENT.search(place):
            return match[1]
    return ""


def seed(config: RunConfig) -> int | None:
    """The seed, when it is a whole number; -1 and the like mean "random", not a seed."""
    number = config.number("seed")
    return int(number) if number is not None and number >= 0 and float(number).is_integer() else None
