"""What to add to a log so that more rules can look, by how many rules each thing opens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from rldoctor.model.addition import Addition, AdditionKind
from rldoctor.model.finding import Diagnosis, Outcome, RuleResult
from rldoctor.plain_data import dataclass
from rldoctor.report.additions import tell
from rldoctor.report.clean import clean
from rldoctor.report.numbers import plural

_HOPELESS = {AdditionKind.OFF, AdditionKind.NONE}
_POINTS, _SETTINGS = "points", "settings"
_MOST_NAMES = 4
# What two additions must share to be one remedy: the line of code, or what is done.
Key: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Remedy:
    """One thing to do: ``what`` in words and the ``code`` to do it with; the rules that can look after it.

    Those before it in the list are done already: a rule that needs several counts where the last is told.
    ``logs``: the code belongs into the training. ``add``: ``log`` or ``tell``; ``names``: of what; ``how``.
    """

    what: str
    code: str
    logs: bool
    rules: tuple[str, ...]
    add: str
    names: tuple[str, ...] = ()
    how: str = ""

    @property
    def opens(self) -> str:
        """``4 more rules``."""
        return plural(len(self.rules), "more rule")

    @property
    def line(self) -> str:
        """All of it on one line."""
        return f"{self.what}: {self.code}" if self.code else self.what

    def within(self, room: int) -> str:
        """:attr:`line` where it has room, else what is added without the code, with fewer names."""
        if len(self.line) <= room or not self.names:
            return self.line
        tail = f"{self.how} (how: --verbose)"
        told = [f"{self.add} {_some(self.names, most)}{tail}" for most in range(_MOST_NAMES, 0, -1)]
        return next((text for text in told if len(text) <= room), told[-1])


@dataclass(frozen=True, slots=True)
class Remedies:
    """``steps`` in their order, and the codes of rules that nothing in the log would open."""

    steps: tuple[Remedy, ...]
    closed: tuple[str, ...]


def remedies(diagnosis: Diagnosis) -> Remedies:
    """The shortest way to more rules: what opens the most comes first."""
    missed = [one for one in diagnosis.results if one.outcome is Outcome.NOT_MEASURED]
    needs = {one.code: keys for one in missed if (keys := _needs(one))}
    order = _order(needs)
    known = {_key(one): one for result in reversed(missed) for one in reversed(result.additions)}
    names = {key: _names(key, missed) for key in order}
    steps = [
        _remedy(key, names[key], known.get(key), codes, diagnosis) for key, codes in order.items() if codes
    ]
    return Remedies(tuple(steps), tuple(clean(one.code) for one in missed if one.code not in needs))


def _needs(result: RuleResult) -> frozenset[Key]:
    """What a rule lacks; empty where nothing can be done about it."""
    if result.few_points and not result.additions:
        return frozenset({(_POINTS, "")})
    if any(one.kind in _HOPELESS for one in result.additions):
        return frozenset()
    return frozenset(map(_key, result.additions))


def _key(one: Addition) -> Key:
    if one.kind is AdditionKind.METRIC:
        return ("line", one.line) if one.line else ("metric", one.name)
    return (_SETTINGS, "") if one.kind is AdditionKind.SETTING else (one.kind.value, one.name)


def _order(needs: dict[str, frozenset[Key]]) -> dict[Key, list[str]]:
    """Each remedy with the rules that it opens, once those before it are done."""
    left, order = dict(needs), dict[Key, list[str]]()
    while left:
        done = set(order)
        keys = dict.fromkeys(key for wanted in left.values() for key in sorted(wanted - done))
        best = max(keys, key=lambda key: (_opened(left, {*done, key}), _wanted(left, key)))
        order[best] = [code for code, wanted in left.items() if wanted <= {*done, best}]
        left = {code: wanted for code, wanted in left.items() if code not in order[best]}
    return order


def _opened(left: dict[str, frozenset[Key]], done: set[Key]) -> int:
    return sum(wanted <= done for wanted in left.values())


def _wanted(left: dict[str, frozenset[Key]], key: Key) -> int:
    return sum(key in wanted for wanted in left.values())


def _names(key: Key, missed: Sequence[RuleResult]) -> list[str]:
    """The metrics or settings that one remedy adds."""
    found = (clean(one.setting) for result in missed for one in result.additions if _key(one) == key)
    return list(dict.fromkeys(found))


def _remedy(
    key: Key, names: Sequence[str], one: Addition | None, codes: Sequence[str], diagnosis: Diagnosis
) -> Remedy:
    rules, named = tuple(map(clean, codes)), tuple(names)
    if key[0] == _POINTS or one is None:
        text = "train longer, or log more often (most rules need 10 points)"
        return Remedy(text, "", False, rules, text)
    some = _some(named)
    if key[0] == _SETTINGS:
        text = f"tell {some}, where the run has {'them' if len(named) > 1 else 'it'}, with"
        return Remedy(text, "--set NAME=VALUE", False, rules, "tell", named, " with --set")
    told = tell(one, diagnosis.run)
    what = f"log {some} with" if told.logs else told.what.removesuffix(".")
    return Remedy(what, told.code, told.logs, rules, "log", named)


def _some(names: Sequence[str], most: int = _MOST_NAMES) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
