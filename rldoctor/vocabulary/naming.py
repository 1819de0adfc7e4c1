"""Tags -> canonical metrics: the user's own map, the framework's table, then the careful guess.

In this order, since each is surer than the next: the user knows their log, a table was checked against the
framework's source, a guess only reads a name. Three parts:

* which rule of a framework's table a logged tag belongs to (``find``);
* a logged series together with what it was found to mean (``Mapped``);
* naming all series of a run (``name_series``), where guesses are weighed against each other: a weak one gives
  way to any other claim on its metric, and the numbers may object (a counter has to rise).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field
from functools import lru_cache
from pathlib import PurePath

import numpy as np

from rldoctor.datafiles.canonical import canonical
from rldoctor.datafiles.packs import Packs
from rldoctor.errors import UsageError, did_you_mean
from rldoctor.model.raw import FloatArray, Note, RawSeries
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass, replace
from rldoctor.vocabulary.algorithm import family_of
from rldoctor.vocabulary.generic import Guess, adapt, guess
from rldoctor.vocabulary.tables import (
    BOOKKEEPING,
    FrameworkTable,
    TagRule,
    choose,
    fits,
    load_table,
    written_plainly,
)

_WORDS = pattern(r"[^a-z0-9%/]+")
# What counts from the start of a run, and is no length of one episode.
_TOTAL = pattern(r"total|global|cumul|overall|lifetime|so_?far", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Match:
    """A rule and its position in the table (lower is preferred); ``part`` is what a wildcard stood for."""

    rule: TagRule
    order: int
    part: str = ""


@dataclass(frozen=True, slots=True)
class _Index:
    literal: Mapping[str, int]
    spelled: Mapping[str, int]
    qualified: Sequence[tuple[str, int]]
    wild: Sequence[tuple[str, int]]
    rows: Sequence[tuple[TagRule, ...]]


@lru_cache(maxsize=64)
def _index(name: str, packs: Packs) -> _Index:
    rows = load_table(name, packs).metrics
    numbered = list(enumerate(rows))
    literal = {tag: order for order, tag in numbered if "*" not in tag}
    # Reversed, so that of two rows that are spelled alike the first one stays.
    spelled = {_spelling(tag): order for tag, order in reversed(literal.items())}
    wild = [(tag, order) for order, tag in numbered if "*" in tag and ":" not in tag]
    # A wildcard has no spelling to look up, so what tensorboardX makes of it is a pattern of its own.
    wild += [(plain, order) for tag, order in wild if (plain := written_plainly(tag)) != tag]
    qualified = [(tag, order) for order, tag in numbered if "*" in tag and ":" in tag]
    return _Index(literal, spelled, qualified, wild, tuple(rows.values()))


@lru_cache(maxsize=4096)
def _spelling(tag: str) -> str:
    """Writers differ in case, spaces and dashes (tensorboardX turns ``(mean)`` into ``_mean_``)."""
    return "/".join(part.strip("_") for part in _WORDS.sub("_", tag.lower()).split("/"))


def find(table: FrameworkTable, series: RawSeries, algorithm: str) -> Match | None:
    """The rule for a series: rows that name a file first, then the exact tag, its spelling, wildcards."""
    index = _index(table.name, table.packs)
    file = _telling_file(table.name, table.packs, series.source)
    position, part = _position(table.name, table.packs, series.tag, file)
    if position is None:
        return None
    rule = choose(index.rows[position], algorithm)
    return None if rule is None else Match(rule, position, part)


@lru_cache(maxsize=256)
def _telling_file(name: str, packs: Packs, source: str) -> str:
    """The file's name where rows of the table go by it, else nothing: event files never share one."""
    file = PurePath(source).name
    asked = (text.partition(":")[0] for text, _ in _index(name, packs).qualified)
    return file if any(fits(one, file) for one in asked) else ""


# Remembered, as the runs of a folder log the same tags.
@lru_cache(maxsize=4096)
def _position(name: str, packs: Packs, tag: str, file: str) -> tuple[int | None, str]:
    index = _index(name, packs)
    if index.qualified:  # few frameworks have rows that name a file
        qualified = tag if ":" in tag else f"{file}:{tag}"
        for text, order in index.qualified:
            if fits(text, qualified):
                return order, qualified.partition(":")[2]
    if tag in index.literal:
        return index.literal[tag], ""
    spelled = index.spelled.get(_spelling(tag))
    if spelled is not None:
        return spelled, ""
    for text, order in index.wild:
        if fits(text, tag):
            return order, _stood_for(text, tag)
    return None, ""


def _stood_for(text: str, tag: str) -> str:
    before, _, after = text.partition("*")
    inner = tag[len(before) :]
    return inner[: len(inner) - len(after)] if after and inner.endswith(after) else inner


def renamed(series: RawSeries, table: FrameworkTable) -> RawSeries:
    """The series under the tag the table knows: known prefixes cut off, Aim contexts put in front."""
    # Ray writes the same metric with ``ray/tune/`` into event files and without it into its tables.
    tag = series.tag
    for prefix in table.strip_prefix:
        tag = tag.removeprefix(prefix)
    for key, template in table.contexts.items():
        value = series.context.get(key)
        # A tag with a folder of its own was written by hand and says itself where it belongs.
        if value and "/" not in tag:
            tag = template.format(value=value, tag=tag)
            break
    return series if tag == series.tag else replace(series, tag=tag)


AGENT = "agent"
"""The context of a series that belongs to one of several agents."""

# Guesses come after every row of a table.
GUESSED_ORDER = 100_000
# Which unit a counter counts.
COUNTERS = {
    "env_steps": "env_steps",
    "vec_steps": "vec_steps",
    "frames": "frames",
    "iterations": "iterations",
    "epochs": "epochs",
    "gradient_updates": "updates",
    "episodes": "episodes",
}


@dataclass(frozen=True, slots=True)
class Mapped:
    """One logged series, its rule, and the ``unit`` of its own steps.

    ``order`` ranks rivals for one metric (lower is preferred); ``part`` is what a wildcard of the rule stood
    for; ``agent`` the agent it belongs to in a multi-agent log.
    """

    raw: RawSeries
    rule: TagRule
    order: int
    unit: str = ""
    part: str = ""
    agent: str = ""
    guessed: bool = False

    @property
    def metric(self) -> str:
        """Canonical name."""
        return self.rule.metric

    def on(self, unit: str) -> Mapped:
        """The same series with steps in ``unit``."""
        return self if unit == self.unit else replace(self, unit=unit)

    def renamed(self, metric: str) -> Mapped:
        """The same series read as another metric."""
        return replace(self, rule=replace(self.rule, metric=metric))


def rises(values: FloatArray, share: float = 0.9) -> bool:
    """Whether finite values never fall, but for a few restarts: what a counter does.

    ``share``: how many of the moves go up. Standing still is no move, so a number of episodes per collection,
    nearly always the same, does not pass for a count of episodes.
    """
    finite = values[np.isfinite(values)]
    if finite.size < 2:
        return bool(finite.size)
    moves = np.diff(finite)
    moves = moves[moves != 0]
    # A share of the moves, not all: a resumed run's counter falls back once and is a counter all the same.
    return bool(moves.size and (moves > 0).mean() >= share and finite[-1] > finite[0])


_SUCCESS = frozenset({"success_rate", "eval_success_rate"})
# The largest value of a rate: more is a count.
_PERCENT = 100.0


@dataclass(slots=True)
class Named:
    """Series with a meaning, those without one, and what was odd."""

    mapped: list[Mapped] = field(default_factory=list)
    unmapped: list[RawSeries] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def check_tag_map(tag_map: Mapping[str, str], packs: Packs = ()) -> None:
    """UsageError when a metric on the right-hand side is not canonical."""
    known = sorted(canonical(packs).units)
    for tag, metric in tag_map.items():
        if metric not in known:
            raise UsageError(
                f"--map {tag}={metric}: unknown metric {metric!r}{did_you_mean(metric, known)}",
                hint="The canonical metrics are listed in the documentation of the vocabulary.",
            )


def name_series(
    series: Sequence[RawSeries], table: FrameworkTable, algorithm: str, tag_map: Mapping[str, str]
) -> Named:
    """What every series means. ``unit`` of the results is that of the rule, or empty."""
    named = Named()
    guesses: list[tuple[RawSeries, Guess]] = []
    for one in series:
        known = _known(one, table, algorithm, tag_map)
        if known is not None:
            _accept(named, known)
            continue
        guessed = guess(one.tag, table.packs)
        if guessed is None:
            named.unmapped.append(one)
        else:
            guesses.append((one, guessed))
    _accept_guesses(named, guesses, algorithm)
    _note_map(named, tag_map, series)
    return named


def _known(
    one: RawSeries, table: FrameworkTable, algorithm: str, tag_map: Mapping[str, str]
) -> Mapped | None:
    agent = one.context.get(AGENT, "")
    if one.tag in tag_map:
        return Mapped(one, TagRule(tag_map[one.tag]), -1, agent=agent)
    match = find(table, one, algorithm)
    if match is None:
        return None
    return Mapped(one, match.rule, match.order, match.rule.axis, match.part, agent)


def _accept(named: Named, found: Mapped) -> None:
    if found.metric in BOOKKEEPING:
        named.ignored.append(found.raw.tag)
    else:
        named.mapped.append(found)


def _accept_guesses(named: Named, guesses: Sequence[tuple[RawSeries, Guess]], algorithm: str) -> None:
    # What is settled before any weak guess is heard: tables and the user, then names that say it outright.
    strong = {one.metric for one in named.mapped}
    certain = strong | {found.rule.metric for _, found in guesses if not found.weak}
    bases = certain | {found.base for _, found in guesses if not found.weak}
    plain = strong | {found.rule.metric for _, found in guesses if not found.weak and not found.on_policy}
    # Off-policy programs call a critic's loss ``value_loss`` too; it must not decide which family this is.
    kin = family_of(plain - {"value_loss"})
    said: list[Mapped] = []
    for one, found in guesses:
        adapted = adapt(found, algorithm, kin)
        mapped = _as_mapped(one, adapted)
        if not _yields(found, bases, certain):
            said += _check_values(named, mapped)
        # A lost claim to be the step counter may still be a length: ``steps`` of a row per episode.
        elif _is_length(mapped) and "episode_length" not in certain:
            said.append(mapped.renamed("episode_length"))
        else:
            named.unmapped.append(one)
    for mapped in said:
        _accept(named, mapped)
    _note_guesses(named, [one for one in said if one.guessed])


def _as_mapped(one: RawSeries, found: Guess) -> Mapped:
    # An exact name (order -1) comes before every guess and after every row of a table.
    order = GUESSED_ORDER + found.order
    return Mapped(
        one, found.rule, order, agent=found.agent or one.context.get(AGENT, ""), guessed=not found.exact
    )


def _yields(found: Guess, bases: Collection[str], certain: Collection[str]) -> bool:
    """Whether another tag of the run has the better claim, or speaks against this meaning."""
    rival = found.weak and (found.base in bases or found.rule.metric in certain)
    return rival or any(metric in certain for metric in found.unless_metrics)


def _is_count(one: Mapped) -> bool:
    return one.metric in ("env_steps", "vec_steps", "frames") and one.raw.axis == "row"


def _is_length(one: Mapped) -> bool:
    """``steps`` in a table with a row per episode: no counter, as it falls."""
    falls = one.metric == "env_steps" and one.raw.axis == "row" and not rises(one.raw.values)
    return falls and not _stands_still(one)


def _stands_still(one: Mapped) -> bool:
    """Whether a count never moves: of zeros, or of what its name says is a total and no episode's length."""
    values = one.raw.values[np.isfinite(one.raw.values)]
    constant = values.size > 1 and bool(np.ptp(values) == 0)
    return constant and (values[0] <= 0 or _TOTAL.search(one.raw.tag) is not None)


def _check_values(named: Named, one: Mapped) -> list[Mapped]:
    """Let the numbers object to a guess: a counter and a clock must rise, a rate has its range."""
    values = one.raw.values[np.isfinite(one.raw.values)]
    if _is_count(one) and _stands_still(one):
        text = f"{one.raw.tag} is {values[0]:,.6g} in every row: it counts nothing, and is left out"
        named.notes.append(Note("constant-counter", text, "warning", (one.raw.tag,)))
        named.unmapped.append(one.raw)
        return []
    if _is_length(one):
        return [one.renamed("episode_length")]
    if one.metric == "wall_time" and values.size and not rises(values):
        # What one episode or update took, not the time since the start.
        return [one.renamed("timer")]
    if one.metric in _SUCCESS and values.size and not 0 <= values.min() <= values.max() <= _PERCENT:
        named.unmapped.append(one.raw)
        return []
    # A handful of returns may rise by chance.
    if one.metric == "episode_return" and values.size >= 20 and _running_total(values):
        # A smooth mean may rise at every point too, so this is said and left to the rule that looks closer.
        text = f"{one.raw.tag} only ever moves one way: a mean that rises, or a total that is never reset"
        named.notes.append(Note("running-total", text, "info", (one.raw.tag,)))
    return [one]


def _running_total(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bool:
    moves = np.diff(values)
    return bool((moves > 0).all() or (moves < 0).all())


def _note_guesses(named: Named, guessed: Sequence[Mapped]) -> None:
    told = [one for one in guessed if one.metric not in BOOKKEEPING]
    if told:
        pairs = ", ".join(f"{one.raw.tag} -> {one.metric}" for one in told)
        text = f"meaning guessed from the name: {pairs} (correct it with --map TAG=METRIC)"
        named.notes.append(Note("guessed-mapping", text, "info", tuple(one.raw.tag for one in told)))


def _note_map(named: Named, tag_map: Mapping[str, str], series: Iterable[RawSeries]) -> None:
    logged = {one.tag for one in series}
    missing = [tag for tag in tag_map if tag not in logged]
    if missing:
        text = f"--map names tags that this run does not have: {', '.join(missing)}"
        named.notes.append(Note("map-unused", text, "warning", tuple(missing)))


def percent_scale(one: Mapped) -> float:
    """0.01 for a success rate whose values can only be percentages, else 1.

    A row of a framework's table says itself in which unit the framework logs; only guesses are looked at.
    """
    from_table = 0 <= one.order < GUESSED_ORDER - 1
    if from_table or one.metric not in _SUCCESS or one.rule.scale.factor != 1.0:
        return 1.0
    values = one.raw.values[np.isfinite(one.raw.values)]
    return 0.01 if values.size and float(values.max()) > 1.5 and float(values.min()) >= 0 else 1.0
