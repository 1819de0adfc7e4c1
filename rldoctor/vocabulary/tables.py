"""Framework tables: ``frameworks/<name>.yaml`` as typed objects, loaded when a framework is detected.

A table is data: what a tag means, in which unit, for which algorithm; values that take more than that to read
name a reader of ``knob_values``. At the end of the file: how a pattern of a table is matched with what was
logged.

``packs`` are the vocabulary folders of further packs, in the order in which they were named: the last table
of a name counts, and the built-in one where no pack has one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field
from fnmatch import translate
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from rldoctor.compiled.store import Compiled
from rldoctor.datafiles.canonical import FRAMEWORKS, framework_names, vocabulary_sources
from rldoctor.datafiles.packs import BUILTIN, Packs
from rldoctor.errors import UsageError, did_you_mean
from rldoctor.model.algorithms import matches
from rldoctor.plain_data import dataclass, replace

# Canonical metrics that name a kind of series: any number of them may be logged in one run.
FAMILIES = frozenset({"reward_component", "termination", "curriculum", "auxiliary_loss"})
# Understood, and of no use to a diagnosis.
BOOKKEEPING = frozenset({"ignore", "system", "timer"})


GENERIC = "generic"
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Scale:
    """``canonical = logged * factor / knob``; ``default`` stands in for an unknown knob (None: unscaled)."""

    factor: float = 1.0
    per: str = ""
    default: float | None = None


@dataclass(frozen=True, slots=True)
class TagRule:
    """What one tag means. ``axis`` is the unit of its own steps when that is not the framework's.

    ``offset`` is added to a counter as it was logged.
    ``drop_zeros``: exact zeros are placeholders (True: always; names: for these algorithms).
    ``drop_zeros_if_empty`` names the counter that is 0 where the value was never measured.
    ``nan_if_empty``: a mean over no episode is written as NaN.
    """

    metric: str
    scale: Scale = Scale()
    offset: float = 0.0
    exp: bool = False
    window: int | None = None
    estimator: str = ""
    aggregation: str = ""
    axis: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    when_algorithm: tuple[str, ...] = ()
    drop_zeros: tuple[str, ...] = ()
    drop_zeros_if_empty: str = ""
    nan_if_empty: bool = False
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
    """A knob that the framework fixes in code; with ``in_scripts`` only where one of these was started."""

    value: float
    per: tuple[str, ...] = ()
    when_algorithm: tuple[str, ...] = ()
    in_scripts: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class RunNote:
    """What is said of a run whose metrics look like this: ``logged`` and ``missing`` ones, one of several.

    ``ended``: this metric ends before ``share`` of the steps of ``beside``. The text may name both ends.
    """

    code: str
    text: str
    level: str = "info"
    logged: tuple[str, ...] = ()
    logged_one_of: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    ended: str = ""
    beside: str = ""
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class AlwaysLogged:
    """Metrics that a library's trainer writes whatever its settings: where one is absent, it was left out.

    ``beside``: only where all of these are logged, as a monitor writes them together.
    """

    algorithms: tuple[str, ...]
    metrics: tuple[str, ...]
    source: str = ""
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FrameworkTable:
    """Everything known about one framework. Order is priority: the first tag of a metric is its series.

    ``packs``: the vocabulary it was read with. ``replaces``: its file, where it replaces a built-in table.
    """

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
    algorithm_names: Mapping[str, str] = field(default_factory=dict)
    assume_algorithm: str = ""
    strip_prefix: tuple[str, ...] = ()
    contexts: Mapping[str, str] = field(default_factory=dict)
    log_hints: Mapping[str, str] = field(default_factory=dict)
    run_notes: tuple[RunNote, ...] = ()
    always_logs: tuple[AlwaysLogged, ...] = ()
    packs: Packs = ()
    replaces: str = ""


def check_framework(name: str, packs: Packs = ()) -> str:
    """``name`` when there is such a table; UsageError with the nearest name otherwise."""
    known = framework_names(packs)
    if name not in known:
        raise UsageError(
            f"unknown framework {name!r}{did_you_mean(name, known)}", hint=f"Known: {', '.join(known)}."
        )
    return name


@lru_cache(maxsize=64)
def load_table(name: str, packs: Packs = ()) -> FrameworkTable:
    """The table called ``name``; rows of the table it extends come after its own.

    Raises:
        RuleError: with every problem of the file, or tables that extend each other in a circle.
    """
    # Only the built-in tables are compiled: a pack may be edited between two calls.
    return framework_table(name).load() if not packs else read_table(name, packs)


def framework_table(name: str) -> Compiled[FrameworkTable]:
    """The compiled form of a built-in table. It may extend another one, so all of them are its sources."""
    own = [BUILTIN / f"{GENERIC}.yaml"] if name == GENERIC else []
    return Compiled(
        f"framework-{name}",
        FrameworkTable,
        lambda: [*own, *vocabulary_sources()],
        lambda: read_table(name),
    )


def read_table(name: str, packs: Packs = ()) -> FrameworkTable:
    """The same, from the files. RuleError as above."""
    from rldoctor.vocabulary.tables_file import generic_file

    if name == GENERIC:
        plain = generic_file()
        title = "home-made or unknown logger"
        hints, contexts = plain["log_hints"], plain["contexts"]
        return FrameworkTable(GENERIC, title, log_hints=hints, contexts=contexts, packs=packs)
    return _layer(name, packs, len(packs), ())


def _layer(name: str, packs: Packs, below: int, seen: tuple[Path, ...]) -> FrameworkTable:
    """The topmost table of a name among the built-in one and the first ``below`` packs."""
    from rldoctor.vocabulary.tables_file import at_extends, table_file

    level, path = _topmost(name, packs, below)
    if path in seen:
        chain = " -> ".join(one.stem for one in (*seen, path))
        raise at_extends(seen[-1], f"tables extend each other in a circle: {chain}")
    plain = table_file(path, packs)
    base = FrameworkTable(name)
    if wanted := plain.get("extends"):
        # A table that extends its own name stands on the one it replaces.
        under = level - 1 if wanted == name else len(packs)
        if under < 0 or _topmost(wanted, packs, under)[1] == Path():
            raise at_extends(path, f"there is no other table of the name '{wanted}' to extend")
        base = _layer(wanted, packs, under, (*seen, path))
    # Kept so that a note can say it: a mapping that looks wrong is then the pack's.
    replaced = level > 0 and _topmost(name, packs, 0)[1] != Path()
    return replace(build(plain, base), packs=packs, replaces=str(path) if replaced else "")


def _topmost(name: str, packs: Packs, below: int) -> tuple[int, Path]:
    """Level and file of the last table of a name, 0 being the built-in one; no path where there is none."""
    folders = (BUILTIN, *packs[:below])
    for level in range(below, -1, -1):
        if (path := folders[level] / FRAMEWORKS / f"{name}.yaml").is_file():
            return level, path
    return 0, Path()


def build(plain: Mapping[str, Any], base: FrameworkTable) -> FrameworkTable:
    """A table from checked plain values; what it does not say is as in ``base``."""
    algorithms, defaults = plain.get("algorithms", {}), plain.get("defaults", {})
    return FrameworkTable(
        name=plain["name"],
        title=plain["title"],
        versions=str(plain["versions"]),
        axis=_rows(AxisRule, plain["axis"]) if "axis" in plain else base.axis,
        metrics=_merge(plain["metrics"], base.metrics, _tag_rule),
        config=_merge(plain.get("config", {}), base.config, _knob_rule),
        constants={key: FixedKnob(**tuples(row)) for key, row in plain.get("constants", {}).items()},
        defaults=_settled(defaults) if defaults else base.defaults,
        defaults_version=str(defaults.get("version", base.defaults_version)),
        algorithms=_rows(AlgorithmRule, algorithms.get("tags", ())) or base.algorithms,
        algorithm_settings=tuple(algorithms.get("settings", base.algorithm_settings)),
        algorithm_names=algorithms.get("names", base.algorithm_names),
        assume_algorithm=algorithms.get("assume", base.assume_algorithm),
        strip_prefix=tuple(plain.get("strip_prefix", ())),
        contexts=plain.get("contexts", {}),
        log_hints={**base.log_hints, **plain.get("log_hints", {})},
        run_notes=tuple(map(_run_note, plain["run_notes"])) if "run_notes" in plain else base.run_notes,
        always_logs=_rows(AlwaysLogged, plain["always_logs"]) if "always_logs" in plain else base.always_logs,
    )


def _settled(defaults: Mapping[str, Any]) -> Mapping[str, Mapping[str, float]]:
    """The defaults that no release had otherwise: which one it was is in no log."""
    changed = {(name, row["knob"]) for row in defaults.get("changed", ()) for name in row["algorithms"]}
    return {
        algorithm: {knob: value for knob, value in knobs.items() if (algorithm, knob) not in changed}
        for algorithm, knobs in defaults["when_algorithm"].items()
    }


def _rows(make: Callable[..., _Made], rows: Iterable[Mapping[str, Any]]) -> tuple[_Made, ...]:
    return tuple(make(**tuples(row)) for row in rows)


def tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of YAML with its lists as the tuples that the typed values have."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}


def _merge(
    own: Mapping[str, Any], base: Mapping[str, tuple[_Made, ...]], make: Callable[[Any], _Made]
) -> dict[str, tuple[_Made, ...]]:
    rows = {key: tuple(make(row) for row in value) for key, value in own.items()}
    return {**rows, **{key: value for key, value in base.items() if key not in rows}}


def _tag_rule(row: Mapping[str, Any]) -> TagRule:
    fields = tuples(row)
    if "scale" in fields:
        scale = fields["scale"]
        fields["scale"] = Scale(**scale) if isinstance(scale, Mapping) else Scale(float(scale))
    if isinstance(fields.get("drop_zeros"), bool):
        fields["drop_zeros"] = ("any",) if fields["drop_zeros"] else ()
    return TagRule(**fields)


def _knob_rule(row: Mapping[str, Any]) -> KnobRule:
    return KnobRule(**tuples(row))


def _run_note(row: Mapping[str, Any]) -> RunNote:
    fields = tuples(row)
    early = fields.pop("ended_early", None)
    if early is None:
        return RunNote(**fields)
    return RunNote(**fields, ended=early["metric"], beside=early["beside"], share=float(early["share"]))


# ``*`` is kept, as patterns go through this too.
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
    start, end, enough = _ends(text)
    # By length too: the two ends may not overlap (``aba`` does not fit ``ab*ba``).
    if not tag.endswith(end) or not tag.startswith(start) or len(tag) < len(start) + len(end):
        return False
    return enough or pattern(text).match(tag) is not None


@lru_cache(maxsize=4096)
def _ends(text: str) -> tuple[str, str, bool]:
    """What a pattern begins and ends with, and whether these alone decide: one ``*``, no ``?``."""
    start, star, rest = text.partition("*")
    if not star or "?" in text:
        return "", "", False
    return start, rest.rpartition("*")[2], "*" not in rest


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
