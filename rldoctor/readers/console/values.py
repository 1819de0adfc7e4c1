"""Numbers as people and programs print them, and the names in front of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from rldoctor.patterns import pattern

_NUMBER = (
    r"[-+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,]*\d)|\d+(?:\.\d*)?(?:[eE][-+]?\d+)?"
    r"|\.\d+(?:[eE][-+]?\d+)?|(?:nan|inf(?:inity)?)(?![a-z]))"
)
_WRAPPER = r"(?P<open>(?P<call>(?:tensor|array|(?:np|numpy|torch|jnp)\.\w+)\(\[?)|\[|['\"])?"
# ``24.2 s Mean Reward`` and ``62356 fps step: 1``: only a unit of time can stand before a name.
_UNIT = (
    r"(?:\s?(?:ms|secs?|seconds|s|min|h)(?![\w/])|\s?(?:steps/s|it/s|s/it|fps|it|Hz)(?=\s*(?:[^\w\s]|$)))?"
)
_SPREAD = rf"(?:\s*(?:±|\+/-)\s*(?P<spread>{_NUMBER}))?"
# ``tensor(0.5, device='cuda:0')`` goes on behind its number.
_CLOSE = r"(?(call)\]?(?:,\s*\w+=[^()]*)?\))"
# Neither a date, a time, an address nor a version: what follows a number may not go on with digits.
_END = r"(?!\w|[:\-/.]\d)"
_PAIR = pattern(
    rf"[:=]\s*{_WRAPPER}(?P<value>{_NUMBER})(?P<scale>(?-i:[kKMG%]))?(?:/\d+)?{_SPREAD}{_UNIT}{_END}{_CLOSE}",
    re.IGNORECASE,
)
_WHOLE = pattern(
    rf"^{_WRAPPER}(?P<value>{_NUMBER})(?P<scale>(?-i:[kKMG%]))?{_UNIT}{_CLOSE}\]?['\"]?", re.IGNORECASE
)
_SCALES = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "%": 0.01}
# Where a name begins: behind the value before it and whatever stands between two entries of a line.
_BETWEEN = pattern(r"[|,;{}\[\]()<>\t]|\.\s|\s-\s|:\s|\s{2,}")
_ASIDE = pattern(r"\s*[(\[][^()\[\]]*[)\]]\s*$")
_NAME = pattern(r"^[A-Za-z_%#][^\n]{0,79}$")
_NO_NAME = pattern(r"//|(?:^|\s)[/~]|\.py$|^(?:and|or)$")
# Characters before a value among which its name and counters are.
_FARTHEST = 400
_LINK = pattern(r"^(?:and|with)\s+", re.IGNORECASE)
_WORDS = (
    "learning iteration|training iteration|episode|epoch|global step|env step|time step|timestep|step|"
    "iteration|iter|itr|update|frame|game"
)
_COUNTED = pattern(
    rf"^(?P<word>{_WORDS})s?\s*[:#]?\s*(?P<count>\d[\d,]*)(?:\s*(?:/|of)\s*\d[\d,]*)?(?P<rest>\W.*)?$",
    re.IGNORECASE,
)


class Printed(NamedTuple):
    """A name with its number; ``start`` and ``end`` are its place in the line."""

    name: str
    value: float
    start: int
    end: int


def printed_number(text: str) -> float | None:
    """The number that a whole text is (``1,234``, ``25.3k``, ``50%``, ``tensor(0.5)``), or None."""
    try:
        return float(text)
    except ValueError:
        pass
    match = _WHOLE.match(text.strip())
    if match is None or match.end() != len(text.strip()):
        return None
    return _scaled(match.group("value"), match.group("scale"))


def _scaled(value: str, scale: str | None) -> float:
    return float(value.replace(",", "")) * _SCALES[scale or ""]


def pairs(text: str) -> Iterator[Printed]:
    """Every ``name: number`` and ``name=number`` of a line, counters (``Episode 10``) among them; O(n)."""
    before = 0
    for match in _PAIR.finditer(text):
        end = match.end()
        # A longer list of numbers is no number.
        whole = not (match.group("open") or "").endswith("[") or "]" in text[end - 2 : end + 1]
        for found in _named(text, before, match.start()):
            if found.value == found.value:
                yield found
            elif whole:
                yield from _values(match, found)
        before = end


def _values(match: re.Match[str], found: Printed) -> Iterator[Printed]:
    value = _scaled(match.group("value"), match.group("scale"))
    yield Printed(found.name, value, found.start, match.end())
    if match.group("spread"):
        yield Printed(f"{found.name}_std", _scaled(match.group("spread"), None), found.start, match.end())


def _named(text: str, start: int, end: int) -> Iterator[Printed]:
    """The counters between two values, and last the name of the second: the one without a number (NaN)."""
    start = max(start, end - _FARTHEST)
    counted, name, offset = _segment(text[start:end])
    for word, count in counted:
        yield Printed(word, count, start, end)
    if name:
        yield Printed(name, float("nan"), start + offset, end)


# A program prints the same names again and again.
@lru_cache(maxsize=4096)
def _segment(text: str) -> tuple[tuple[tuple[str, float], ...], str, int]:
    """The counters before a value, the value's name (``""`` where it has none), and its place."""
    segment = _ASIDE.sub("", text)
    *parts, last = _BETWEEN.split(segment)
    name = _clean(last)
    found = [counter(part.strip()) for part in (*parts, name)]
    if found[-1] is not None:
        name = _clean(found[-1][2])
    counted = tuple((one[0], one[1]) for one in found if one is not None)
    named = _NAME.match(name) and not _NO_NAME.search(name)
    return counted, name if named else "", segment.rfind(name)


def _clean(name: str) -> str:
    return _LINK.sub("", name.strip(" \"'`*•->~✓\r"))


def counter(text: str) -> tuple[str, float, str] | None:
    """``Learning iteration 12/1500`` as its word, its number and what follows; None where it is none."""
    match = _COUNTED.match(text)
    if match is None:
        return None
    return match.group("word"), float(match.group("count").replace(",", "")), match.group("rest") or ""
