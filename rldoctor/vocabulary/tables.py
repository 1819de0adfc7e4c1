"""Framework tables: ``frameworks/<name>.yaml`` as typed objects, loaded when a framework is detected.

Beside them the canonical names of metrics and knobs, from ``canonical.yaml``, and how a pattern of a table is
matched with what was logged. A table is data: what a tag means, in which unit, for which algorithm; values
that take more than that to read name a reader of ``knob_values``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from rldoctor.errors import UsageError, did_you_mean
from rldoctor.model.algorithms import matches
from rldoctor.yamlio import load_yaml

HERE = Path(__file__).parent

# Canonical metrics that name a kind of series: any number of them may be logged in one run.
FAMILIES = frozenset({"reward_component", "termination", "curriculum", "auxiliary_loss"})
# Understood, and of no use to a diagnosis.
BOOKKEEPING = frozenset({"ignore", "system", "timer"})


@dataclass(frozen=True, slots=True)
class Canonical:
    """Every canonical name: metric -> unit, and the knobs."""

    units: Mapping[str, str]
    knobs: frozenset[str]


@lru_cache(maxsize=1)
def canonical() -> Canonical:
    """The canonical names, read once."""
    data: dict[str, Any] = load_yaml(HERE / "canonical.yaml")
    units = {name: str(info.get("unit", "")) for name, info in data["metrics"].items()}
    return Canonical(units, frozenset(data["knobs"]))


GENERIC = "generic"


@dataclass(frozen=True, slots=True)
class Scale:
    """``canonical = logged * factor / knob``; ``default`` stands in for an unknown knob (None: unscaled)."""

    factor: float = 1.0
    per: str = ""
    default: float | None = None


@dataclass(frozen=True, slots=True)
class TagRule:
    """What one tag means. ``axis`` is the unit of its own steps when that is not the framework's.

    ``drop_zeros``: exact zeros are placeholders (True: always; names: for these algorithms).
    ``drop_zeros_if_empty`` names the counter that is 0 where the value was never measured.
    """

    metric: str
    scale: Scale = Scale()
    exp: bool = False
    window: int | None = None
    estimator: str = ""
    aggregation: str = ""
    axis: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    when_algorithm: tuple[str, ...] = ()
    drop_zeros: tuple[str, ...] = ()
    drop_zeros_if_empty: str = ""
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class KnobRule:
    """What one configuration key means: ``canonical = written * factor * per... / divide...``.

    ``per`` and ``divide`` name knobs, ``per_setting`` and ``divide_setting`` the framework's own keys (the
    first that is present). ``complement``: 1 - written. ``inverse``: 1 / written. ``parse`` names a reader.
    """

    knob: str
    complement: bool = False
    inverse: bool = False
    per: tuple[str, ...] = ()
    divide: tuple[str, ...] = ()
    per_setting: tuple[str, ...] = ()
    divide_setting: tuple[str, ...] = ()
    parse: str = ""
    note: str = ""
    when_algorithm: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AxisRule:
    """The unit of the logger's own step; ``offset`` is added before converting."""

    unit: str
    offset: float = 0.0
    note: str = ""
    when_algorithm: tuple[str, ...] = ()
    when_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AlgorithmRule:
    """``any_of`` are the algorithms that log all of ``has``; ``assume`` is the name when nothing decides."""

    any_of: tuple[str, ...]
    has: tuple[str, ...]
    assume: str = ""


@dataclass(frozen=True, slots=True)
class FixedKnob:
    """A knob that the framework fixes in code."""

    value: float
    per: tuple[str, ...] = ()
    when_algorithm: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FrameworkTable:
    """Everything known about one framework. Order is priority: the first tag of a metric is its series."""

    name: str
    title: str = ""
    versions: str = ""
    axis: tuple[AxisRule, ...] = ()
    metrics: Mapping[str, tuple[TagRule, ...]] = field(default_factory=dict)
    config: Mapping[str, tuple[KnobRule, ...]] = field(default_factory=dict)
    constants: Mapping[str, FixedKnob] = field(default_factory=dict)
    defaults: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    defaults_version: str = ""
    algorithms: tuple[AlgorithmRule, ...] = ()
    algorithm_settings: tuple[str, ...] = ()
    assume_algorithm: str = ""
    strip_prefix: tuple[str, ...] = ()
    contexts: Mapping[str, str] = field(default_factory=dict)
    log_hints: Mapping[str, str] = field(default_factory=dict)


def framework_names() -> list[str]:
    """Names of all framework tables and ``generic``, sorted."""
    return sorted([*(path.stem for path in (HERE / "frameworks").glob("*.yaml")), GENERIC])


def check_framework(name: str) -> str:
    """``name`` when there is such a table; UsageError with the nearest name otherwise."""
    known = framework_names()
    if name not in known:
        raise UsageError(
            f"unknown framework {name!r}{did_you_mean(name, known)}", hint=f"Known: {', '.join(known)}."
        )
    return name


@lru_cache(maxsize=64)
def load_table(name: str) -> FrameworkTable:
    """The table called ``name``; rows of the table it extends come after its own."""
    if name == GENERIC:
        plain = _generic()
        title = "home-made or unknown logger"
        return FrameworkTable(GENERIC, title, log_hints=plain["log_hints"], contexts=plain["contexts"])
    data: dict[str, Any] = load_yaml(HERE / "frameworks" / f"{name}.yaml")
    base = load_table(data["extends"]) if "extends" in data else FrameworkTable(name)
    algorithms = data.get("algorithms", {})
    defaults = data.get("defaults", {})
    return FrameworkTable(
        name=name,
        title=data["title"],
        versions=str(data.get("versions", "")),
        axis=tuple(AxisRule(**_tuples(row)) for row in _many(data["axis"])) if "axis" in data else base.axis,
        metrics=_merge(data["metrics"], base.metrics, _tag_rule),
        config=_merge(data.get("config", {}), base.config, _knob_rule),
        constants={key: FixedKnob(**_tuples(row)) for key, row in data.get("constants", {}).items()},
        defaults=defaults.get("when_algorithm", base.defaults),
        defaults_version=str(defaults.get("version", base.defaults_version)),
        algorithms=tuple(AlgorithmRule(**_tuples(row)) for row in algorithms.get("tags", ()))
        or base.algorithms,
        algorithm_settings=tuple(algorithms.get("settings", base.algorithm_settings)),
        assume_algorithm=algorithms.get("assume", ""),
        strip_prefix=tuple(data.get("strip_prefix", ())),
        contexts=data.get("contexts", {}),
        log_hints={**base.log_hints, **data.get("log_hints", {})},
    )


@lru_cache(maxsize=1)
def _generic() -> dict[str, Any]:
    data: dict[str, Any] = load_yaml(HERE / "generic.yaml")
    return data


def _many(rows: Any) -> Iterable[Any]:
    return rows if isinstance(rows, list) else [rows]


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}


def _merge(own: Mapping[str, Any], base: Mapping[str, Any], make: Any) -> dict[str, Any]:
    rows = {key: tuple(make(row) for row in _many(value)) for key, value in own.items()}
    return {**rows, **{key: value for key, value in base.items() if key not in rows}}


def _tag_rule(row: Any) -> TagRule:
    if isinstance(row, str):
        return TagRule(row)
    fields = _tuples(row)
    if "scale" in fields:
        scale = fields["scale"]
        fields["scale"] = Scale(**scale) if isinstance(scale, Mapping) else Scale(float(scale))
    if fields.get("drop_zeros") is True:
        fields["drop_zeros"] = ("any",)
    return TagRule(**fields)


def _knob_rule(row: Any) -> KnobRule:
    return KnobRule(row) if isinstance(row, str) else KnobRule(**_tuples(row))


_NOT_IN_TENSORBOARDX = re.compile(r"[^-/\w.*]")
_Row = TypeVar("_Row", TagRule, KnobRule, AxisRule, FixedKnob)


def choose(rows: Sequence[_Row], algorithm: str) -> _Row | None:
    """The first row that applies to ``algorithm``; rows without ``when_algorithm`` apply to all."""
    for row in rows:
        if not row.when_algorithm or matches(algorithm, row.when_algorithm):
            return row
    return None


@lru_cache(maxsize=4096)
def pattern(text: str) -> re.Pattern[str]:
    """A compiled shell pattern (``*`` also matches ``/``); brackets are literal."""
    # Brackets of a tag are text; a shell pattern would read them as a set of characters.
    return re.compile(translate(text.replace("[", "[[]")))


def fits(text: str, tag: str) -> bool:
    """Whether ``pattern(text)`` matches ``tag``, without compiling it where the ends decide.

    Nearly every pattern has one ``*``: then a tag matches that begins and ends as the pattern does. Compiling
    a pattern takes 0.2 ms, and a framework's fingerprint alone has some thirty of them.
    """
    start, star, rest = text.partition("*")
    end = rest.rpartition("*")[2]
    if not star or "?" in text:
        return pattern(text).match(tag) is not None
    if len(tag) < len(start) + len(end) or not (tag.startswith(start) and tag.endswith(end)):
        return False
    return "*" not in rest or pattern(text).match(tag) is not None


def written_plainly(text: str) -> str:
    """A tag or pattern as tensorboardX writes it: ``Losses/Policy Loss`` becomes ``Losses/Policy_Loss``.

    It replaces each character outside ``-/.\\w`` by ``_`` (``tensorboardX.summary._clean_tag``).
    """
    return _NOT_IN_TENSORBOARDX.sub("_", text)


def logged(patterns: Iterable[str], tags: Collection[str]) -> bool:
    """Whether every pattern is found among ``tags``, as it is or as tensorboardX writes it."""
    for text in patterns:
        if not any(one in tags for one in _spellings(text)) and not _matched(text, tags):
            return False
    return True


@lru_cache(maxsize=4096)
def _spellings(text: str) -> tuple[str, ...]:
    """As it is and as tensorboardX writes it. Remembered: the same few hundred patterns meet every run."""
    return tuple(dict.fromkeys((text, written_plainly(text))))


def _matched(text: str, tags: Collection[str]) -> bool:
    """Whether a pattern with ``*`` matches a tag: slower than looking a tag up, so it is asked last."""
    if "*" not in text:
        return False
    return any(fits(one, tag) for one in _spellings(text) for tag in tags)
