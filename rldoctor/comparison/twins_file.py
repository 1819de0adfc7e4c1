"""The form of ``twins`` in ``compare.yaml``, and its typed values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rldoctor.datafiles.scalars import Choice, Flag, Name, TextValue
from rldoctor.datafiles.shapes import NAMED_NUMBER, ListOf, Record
from rldoctor.plain_data import dataclass

BEFORE, UPDATE, LATER = "before", "update", "later"
EPISODES_FIRST, UPDATE_FIRST, MANY_UPDATES = "episodes_first", "update_first", "many_updates"
ROWS = "rows"
_WHEN = Choice((BEFORE, UPDATE, LATER), "phases")
_ORDER = Choice((UPDATE_FIRST, MANY_UPDATES), "orders")
_KINDS = ("lengths", "returns", "targets", "step", "critic", "counters", "set")
_KIND = Choice(_KINDS, "kinds of numbers")
_METRICS = ListOf(Name("metric"), unique=True)
_TEXTS = ListOf(TextValue(), unique=True)

TWINS = Record(
    {
        "limits": Record(dict.fromkeys(("rounding", "telling", "digits", "most"), NAMED_NUMBER)),
        "clocks": _METRICS,
        "clock_tags": _TEXTS,
        "kinds": ListOf(Record({"name": _KIND, "metrics": _METRICS}, {"learning": Flag()}), least=1),
        "rows": ListOf(
            Record({"framework": Name("framework"), "algorithms": ListOf(Name("algorithm")), "order": _ORDER})
        ),
        "places": ListOf(
            Record(
                {"when": _WHEN, "says": TextValue(), "groups": _TEXTS},
                {
                    "kind": Choice((*_KINDS, ROWS), "kinds of numbers"),
                    "order": _ORDER,
                    "after_equal": Flag(),
                    "seed": Flag(),
                    "vague": Flag(),
                },
            ),
            least=1,
        ),
    }
)


@dataclass(frozen=True, slots=True)
class TwinPlace:
    """What a first difference of a kind (empty: any) in a phase localises.

    ``groups`` are the suspects of ``compare.yaml`` that can make it. ``after_equal``: only after numbers that
    no chance makes equal. ``seed``: another seed can make it too; ``vague``: so can nearly everything.
    """

    when: str
    says: str
    groups: frozenset[str]
    kind: str = ""
    order: str = ""
    after_equal: bool = False
    seed: bool = False
    vague: bool = False

    def fits(self, when: str, kind: str, order: str, equal: bool) -> bool:
        """Whether it speaks of this difference; ``equal``: after numbers that no chance makes equal."""
        told = self.when == when and (equal or not self.after_equal)
        return told and self.kind in ("", kind) and self.order in ("", order)


@dataclass(frozen=True, slots=True)
class TwinCriteria:
    """Everything that twins are read with. ``kinds``: metric -> kind, in the order of an update."""

    limits: Mapping[str, float]
    clocks: frozenset[str]
    clock_tags: tuple[str, ...]
    kinds: Mapping[str, str]
    learning: frozenset[str]
    orders: Mapping[tuple[str, str], str]
    places: tuple[TwinPlace, ...]

    def order(self, framework: str, algorithm: str) -> str:
        """What a row of that logger tells first."""
        return self.orders.get((framework, algorithm), EPISODES_FIRST)

    def place(self, when: str, kind: str, order: str, equal: bool) -> TwinPlace | None:
        """What that first difference localises; None where the file does not say."""
        return next((one for one in self.places if one.fits(when, kind, order, equal)), None)


def build(data: Mapping[str, Any]) -> TwinCriteria:
    """The criteria from checked plain values."""
    return TwinCriteria(
        limits={name: float(entry["value"]) for name, entry in data["limits"].items()},
        clocks=frozenset(data["clocks"]),
        clock_tags=tuple(data["clock_tags"]),
        kinds={metric: kind["name"] for kind in data["kinds"] for metric in kind["metrics"]},
        learning=frozenset(kind["name"] for kind in data["kinds"] if kind.get("learning")),
        orders={
            (row["framework"], algorithm): row["order"]
            for row in data["rows"]
            for algorithm in row["algorithms"]
        },
        places=tuple(
            TwinPlace(
                when=entry["when"],
                says=entry["says"],
                groups=frozenset(entry["groups"]),
                kind=entry.get("kind", ""),
                order=entry.get("order", ""),
                after_equal=entry.get("after_equal", False),
                seed=entry.get("seed", False),
                vague=entry.get("vague", False),
            )
            for entry in data["places"]
        ),
    )
