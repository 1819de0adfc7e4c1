"""What would have to be logged or set for a quantity that rules need: itself, or what it is derived from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rldoctor.engine.policy import Variant, load_derived
from rldoctor.model.algorithms import matches
from rldoctor.rulebook.locate import builtin_rules_dir
from rldoctor.vocabulary.canonical import canonical

SETTING = "config."


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quantity would be logged. ``present``: metrics and ``config.x`` that are there."""

    framework: str
    algorithm: str
    present: Collection[str]
    hints: Mapping[str, str]


def how(name: str, place: Place) -> str:
    """In words, as Markdown: what to add so that ``name`` (``a or b``: either) is there."""
    ways = [way for part in name.split(" or ") for way in routes(part, place)]
    if not ways:
        return "nothing to add: it cannot be had from this framework"
    best = min(ways, key=lambda way: (len(way), any(part.startswith(SETTING) for part in way)))
    return "; ".join(_line(part, name, place) for part in best)


def routes(name: str, place: Place) -> list[tuple[str, ...]]:
    """Each way to have a quantity: the canonical metrics and settings that are still missing for it.

    Empty where it is derived, and in no way that holds for this framework and algorithm.
    """
    known = canonical()
    if name in place.present:
        return [()]
    if name in known.units or name.removeprefix(SETTING) in known.knobs or name in place.hints:
        return [(name,)]
    return [way for variant in _variants().get(name, ()) for way in _ways(variant, place)]


def _ways(variant: Variant, place: Place) -> list[tuple[str, ...]]:
    if variant.frameworks and place.framework not in variant.frameworks:
        return []
    if variant.algorithms and not matches(place.algorithm, variant.algorithms):
        return []
    found: tuple[str, ...] = ()
    for part in (*variant.inputs, *(SETTING + one for one in variant.config)):
        ways = routes(part, place)
        if not ways:
            return []
        found += ways[0]
    return [tuple(dict.fromkeys(found))]


@lru_cache(maxsize=1)
def _variants() -> Mapping[str, tuple[Variant, ...]]:
    derived = load_derived(builtin_rules_dir())
    series = {one.name: one.variants for one in derived.series}
    return {**series, **{SETTING + one.name: one.variants for _, one in derived.numbers}}


def _line(part: str, name: str, place: Place) -> str:
    if part.startswith(SETTING):
        return (
            f"the setting: a configuration file beside the log, or `--set {part.removeprefix(SETTING)}=VALUE`"
        )
    hint = place.hints.get(part, f"under any name, with `--map TAG={part}`")
    shown = f"`{hint}`" if "(" in hint and "`" not in hint else hint
    shown = shown.replace("|", "\\|")
    return shown if part in name.split(" or ") else f"`{part}`: {shown}"
