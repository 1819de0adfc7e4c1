"""What would have to be logged or set for a quantity that rules need: itself, or what it is derived from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field

from rldoctor.engine.policy import DerivedSet, Variant
from rldoctor.model.addition import SETTING, Addition, AdditionKind
from rldoctor.model.algorithms import FAMILIES, matches
from rldoctor.plain_data import dataclass, replace

ALGORITHM = "algorithm"
Way = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LoggedSoFar:
    """Where a quantity would be logged.

    ``present``: metrics and ``config.x`` that are there. ``hints``: metric to the line that logs it.
    ``off``: settings (``config.x``) that are switched off. ``never``: what this run cannot have, and
    because of what (``discrete actions``).
    """

    framework: str
    algorithm: str
    present: Collection[str]
    hints: Mapping[str, str]
    off: Collection[str] = ()
    never: Mapping[str, str] = field(default_factory=dict)


def additions(missing: Sequence[str], place: LoggedSoFar, quantities: DerivedSet) -> tuple[Addition, ...]:
    """What to add so that every name in ``missing`` (``a or b``: either) is there, each thing once.

    Empty where nothing is missing after all: a derived quantity that these values give no number for. Where
    one name cannot be had nothing else would help, so that one alone is returned.
    """
    routes, found = _Routes(place, quantities), dict[str, Addition]()
    # What has to be added in any case may be all that a name with a choice of ways needs.
    for name in sorted(missing, key=lambda one: len(routes.all(one))):
        for one in routes.best(name, found):
            found.setdefault(one.name, one)
    # Advice to log two things of which the second does not exist would be followed for nothing.
    hopeless = [one for one in found.values() if one.kind in (AdditionKind.NONE, AdditionKind.OFF)]
    return tuple(hopeless[:1] or sorted(found.values(), key=lambda one: missing.index(one.wanted)))


def barred(missing: Sequence[str], place: LoggedSoFar, quantities: DerivedSet) -> str:
    """Because of what a name in ``missing`` cannot be had in such a run; empty where each can, or nowhere."""
    for one in dict.fromkeys(place.never.values()):
        here = {name: whose for name, whose in place.never.items() if whose == one}
        without = replace(place, never={})
        shut, open_ = _Routes(replace(place, never=here), quantities), _Routes(without, quantities)
        if any(not shut.all(name) and open_.all(name) for name in missing):
            return one
    return ""


class _Routes:
    """The ways to each quantity at one place."""

    def __init__(self, place: LoggedSoFar, quantities: DerivedSet) -> None:
        self.place, self.quantities = place, quantities
        self.variants = {one.name: one.variants for one in quantities.series}
        self.variants |= {SETTING + one.name: one.variants for _, one in quantities.numbers}

    def best(self, name: str, chosen: Collection[str]) -> Iterator[Addition]:
        """The shortest way to a name of ``missing``; metrics before settings, known lines before unknown."""
        ways = self.all(name)
        if name == ALGORITHM or (not ways and self._undecided(name)):
            yield Addition(name, ALGORITHM, AdditionKind.OPTION)
        elif not ways:
            yield Addition(name, name, AdditionKind.NONE)
        else:
            left = (tuple(part for part in way if part not in chosen) for way in ways)
            yield from (self._addition(name, part) for part in min(left, key=self._cost))

    def all(self, name: str) -> list[Way]:
        """Each way to a name of ``missing``."""
        return [way for part in name.split(" or ") for way in self.ways(part)]

    def ways(self, name: str) -> list[Way]:
        """Each way to have a quantity: the canonical metrics and settings that are still missing for it.

        Empty where it is derived, and in no way that holds for this framework and algorithm.
        """
        # There already, so the empty way: it costs nothing and wins over all others.
        if name in self.place.present:
            return [()]
        if name in self.place.never:
            return []
        metrics, knobs = self.quantities.metrics, self.quantities.knobs
        known = name.removeprefix(SETTING) in knobs if name.startswith(SETTING) else name in metrics
        if known or name in self.place.hints:
            return [(name,)]
        # Only variants that hold here: nobody with DQN should be told to log a temperature.
        return [way for one in self.variants.get(name, ()) if self._fits(one) for way in self._through(one)]

    def _fits(self, variant: Variant) -> bool:
        algorithm = self.place.algorithm
        return (
            (not variant.frameworks or self.place.framework in variant.frameworks)
            and (not variant.algorithms or matches(algorithm, variant.algorithms))
            and algorithm not in variant.except_algorithms
        )

    def _through(self, variant: Variant) -> list[Way]:
        """The one way to all inputs of a variant, or none."""
        found: Way = ()
        for part in (*variant.inputs, *(SETTING + one for one in variant.config)):
            ways = self.ways(part)
            # One input that cannot be had makes the whole variant impossible, however cheap the others are.
            if not ways:
                return []
            found += min(ways, key=self._cost)
        return [tuple(dict.fromkeys(found))]

    def _undecided(self, name: str) -> bool:
        """Whether a way may hold once the algorithm is known, of which no more than its family is."""
        if self.place.algorithm not in ("", *FAMILIES):
            return False
        variants = [one for part in name.split(" or ") for one in self.variants.get(part, ())]
        here = (one for one in variants if not one.frameworks or self.place.framework in one.frameworks)
        return any(one.algorithms for one in here)

    def _cost(self, way: Way) -> tuple[bool, int, bool, bool]:
        return (
            # In this order: not what is switched off, then the fewest things, then metrics before settings
            # (a metric is logged once and for all), then what we know the line of code for.
            any(part in self.place.off for part in way),
            len(way),
            any(part.startswith(SETTING) for part in way),
            any(part not in self.place.hints for part in way),
        )

    def _addition(self, wanted: str, part: str) -> Addition:
        if part in self.place.off:
            return Addition(wanted, part, AdditionKind.OFF)
        if part.startswith(SETTING):
            return Addition(wanted, part, AdditionKind.SETTING)
        return Addition(wanted, part, AdditionKind.METRIC, self.place.hints.get(part, ""))
