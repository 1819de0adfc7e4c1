"""Which rule of a framework's table a logged tag belongs to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import PurePath

from rldoctor.model.raw import RawSeries
from rldoctor.vocabulary.tables import Table, TagRule, choose, load_table, pattern, written_plainly

_WORDS = re.compile(r"[^a-z0-9%/]+")


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
def _index(name: str) -> _Index:
    rows = load_table(name).metrics
    numbered = list(enumerate(rows))
    literal = {tag: order for order, tag in numbered if "*" not in tag}
    spelled = {_spelling(tag): order for tag, order in reversed(literal.items())}
    wild = [(tag, order) for order, tag in numbered if "*" in tag and ":" not in tag]
    wild += [(plain, order) for tag, order in wild if (plain := written_plainly(tag)) != tag]
    qualified = [(tag, order) for order, tag in numbered if "*" in tag and ":" in tag]
    return _Index(literal, spelled, qualified, wild, tuple(rows.values()))


def _spelling(tag: str) -> str:
    """Writers differ in case, spaces and dashes (tensorboardX turns ``(mean)`` into ``_mean_``)."""
    return "/".join(part.strip("_") for part in _WORDS.sub("_", tag.lower()).split("/"))


def find(table: Table, series: RawSeries, algorithm: str) -> Match | None:
    """The rule for a series: rows that name a file first, then the exact tag, its spelling, wildcards."""
    index = _index(table.name)
    position, part = _position(index, series)
    if position is None:
        return None
    rule = choose(index.rows[position], algorithm)
    return None if rule is None else Match(rule, position, part)


def _position(index: _Index, series: RawSeries) -> tuple[int | None, str]:
    tag = series.tag
    qualified = tag if ":" in tag else f"{PurePath(series.source).name}:{tag}"
    for text, order in index.qualified:
        if pattern(text).match(qualified):
            return order, qualified.partition(":")[2]
    if tag in index.literal:
        return index.literal[tag], ""
    spelled = index.spelled.get(_spelling(tag))
    if spelled is not None:
        return spelled, ""
    for text, order in index.wild:
        if pattern(text).match(tag):
            return order, _stood_for(text, tag)
    return None, ""


def _stood_for(text: str, tag: str) -> str:
    before, _, after = text.partition("*")
    inner = tag[len(before) :]
    return inner[: len(inner) - len(after)] if after and inner.endswith(after) else inner


def renamed(series: RawSeries, table: Table) -> RawSeries:
    """The series under the tag the table knows: known prefixes cut off, Aim contexts put in front."""
    tag = series.tag
    for prefix in table.strip_prefix:
        tag = tag.removeprefix(prefix)
    for key, template in table.contexts.items():
        value = series.context.get(key)
        if value and "/" not in tag:
            tag = template.format(value=value, tag=tag)
            break
    return series if tag == series.tag else replace(series, tag=tag)
