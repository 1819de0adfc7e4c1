"""Numbers with a decimal comma or with marks between the thousands, and which of the two a table uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rldoctor.patterns import pattern

POINT, COMMA = ".", ","
# Besides the other mark, thousands are kept apart by spaces and by apostrophes.
_GROUPED = {
    POINT: pattern(r"^[-+]?\d{1,3}(?:[, '\u2019\u00a0\u202f]\d{3})+(?:\.\d*)?(?:[eE][-+]?\d+)?$"),
    COMMA: pattern(r"^[-+]?\d{1,3}(?:[. '\u2019\u00a0\u202f]\d{3})+(?:,\d*)?(?:[eE][-+]?\d+)?$"),
}
# What else than its own decimal mark may stand between the digits of such a number.
_MARKS = {mark: frozenset(f"{other} '\u2019\u00a0\u202f") for mark, other in ((POINT, ","), (COMMA, ",."))}
_DECIMAL_COMMA = pattern(r"^[-+]?\d*,\d+(?:[eE][-+]?\d+)?$")
_NUMERAL = pattern(r"^[-+]?[\d., '\u2019\u00a0\u202f]*\d[\d.,]*(?:[eE][-+]?\d+)?$")
_THOUSANDS = pattern(r"[ '\u2019\u00a0\u202f]")
_GROUP = 3
# Cells per column that are asked; a table is written by one program.
_ASKED = 2_000


def localized(text: str, decimal: str) -> float | None:
    """The number in a cell of a table whose decimal mark is ``decimal``; None where it is no such number."""
    # Without a mark between its digits it would have been a number for Python, too.
    if not decimal or _MARKS[decimal].isdisjoint(text):
        return None
    plain = _THOUSANDS.sub("", text)
    if _GROUPED[decimal].match(text):
        return float(plain.replace(_other(decimal), "").replace(COMMA, POINT))
    if decimal == COMMA and _DECIMAL_COMMA.match(plain):
        return float(plain.replace(COMMA, POINT))
    return None


def dots_group(cells: Iterable[str]) -> bool:
    """Whether every dot of a column stands between thousands: then ``2.048`` is two thousand."""
    return all(_GROUPED[COMMA].match(cell.strip()) for cell in cells if POINT in cell)


def decimal_mark(columns: Iterable[Sequence[str]]) -> str:
    """The decimal mark that the cells of a table agree on; empty where none of them tells."""
    votes = Counter(vote for cells in columns for cell in cells[:_ASKED] if (vote := _vote(cell.strip())))
    ranked = votes.most_common(2)
    if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return ""
    return ranked[0][0]


def _vote(text: str) -> str:
    """The decimal mark of one number; empty where ``1,000`` may be one or a thousand."""
    if not (COMMA in text or POINT in text) or not _NUMERAL.match(text):
        return ""
    body = text.lower().partition("e")[0]
    if COMMA in body and POINT in body:
        return max(COMMA, POINT, key=body.rindex)
    mark = COMMA if COMMA in body else POINT
    if body.count(mark) > 1:
        return _other(mark)
    whole, _, rest = body.lstrip("+-").partition(mark)
    # Zero thousands, or a group that is too long or too short, are no groups.
    single = len(rest) != _GROUP or len(whole) > _GROUP or whole in ("", "0")
    return mark if single else ""


def _other(mark: str) -> str:
    return COMMA if mark == POINT else POINT
