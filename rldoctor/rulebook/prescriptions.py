"""``prescriptions.yaml`` of a pack: what several of its rules prescribe, written once.

A rule names one among the fixes of a cause. What it says otherwise, mostly why, stands in its own ``fixes``.
A rule that is loaded has all of it as its own fix: engine, pages and the checks of a rule know nothing of
books, so a shared prescription is checked in every rule that uses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from rldoctor.datafiles.packs import PRESCRIPTIONS
from rldoctor.datafiles.read import SCHEMA, check, optional
from rldoctor.datafiles.shapes import MapOf, Record
from rldoctor.datafiles.sheet import Names, Sheet
from rldoctor.errors import Problem, RuleError, did_you_mean
from rldoctor.plain_data import dataclass
from rldoctor.rulebook.declarations import PRESCRIPTION
from rldoctor.rulebook.formula import IDENTIFIED
from rldoctor.rulebook.schema import Rule
from rldoctor.yamlio import Step, TreePath, load_tree

_Plain: TypeAlias = Mapping[str, Any]
# The shared prescriptions by id, as checked plain values.
Book: TypeAlias = Mapping[str, _Plain]


def _can_always_be_said(fix: _Plain, sheet: Sheet, place: TreePath, more: str = "") -> None:
    """A prescription says what to do on every run, and why."""
    # As written: a key with a wrong value is told already, and is not missing.
    written = sheet.value_at(place)
    if not isinstance(written, dict):
        return
    if not ("knob" in fix and "to" in written) and "text" not in written:
        sheet.wrong(f"a fix needs a knob ('lower', 'raise' or 'set') and 'to', or 'text'{more}", *place)
    if written.get("because") is None:
        sheet.wrong("'because' is missing", *place)


def _each_is_whole(plain: dict[str, Any], sheet: Sheet, place: TreePath) -> None:
    for name, fix in plain["prescriptions"].items():
        _can_always_be_said(fix, sheet, ("prescriptions", name))


BOOK_FILE = Record({"schema": SCHEMA, "prescriptions": MapOf(PRESCRIPTION, IDENTIFIED)}, also=_each_is_whole)


def book_by(packs: Iterable[Path]) -> Book:
    """The prescriptions of these packs; a pack's own come before those of packs named earlier."""
    found: dict[str, _Plain] = {}
    for pack in packs:
        try:
            found |= _book_of(pack)
        except RuleError:
            continue  # check_books tells of it
    return found


def check_books(packs: Iterable[Path], names: Names) -> list[Problem]:
    """Every problem of the files themselves; names inside expressions are looked at in the rules."""
    problems: list[Problem] = []
    for pack in dict.fromkeys(packs):
        try:
            optional(pack / PRESCRIPTIONS, BOOK_FILE, names)
        except RuleError as error:
            problems += error.problems
    return problems


def _book_of(pack: Path) -> Book:
    path = pack / PRESCRIPTIONS
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else {}


@lru_cache(maxsize=16)
def _read(path: Path, _changed: int) -> Book:
    # With harmless values where it is wrong, which check_books tells once: not every rule shall repeat it.
    book: Book = check(Sheet(load_tree(path)), BOOK_FILE)["prescriptions"]
    return book


def unused(pack: Path, rules: Sequence[Rule]) -> Iterator[Problem]:
    """A problem for every prescription of the pack that none of its rules takes."""
    taken = {fix.like for rule in rules for fix in rule.fixes.values()}
    for name in _book_of(pack).keys() - taken:
        text = f"no rule of this pack prescribes '{name}'"
        yield load_tree(pack / PRESCRIPTIONS).problem(("prescriptions", name), text, at_key=True)


@dataclass(slots=True)
class RuleSheet(Sheet):
    """The sheet of a rule: what is wrong in it with a shared prescription stands where the rule takes that.

    ``taken``: by fix, its place in the file, and the keys that the rule itself writes.
    """

    taken: dict[str, tuple[TreePath, frozenset[str]]] = field(default_factory=dict)

    def wrong(self, text: str, *place: Step, offset: int = 0, at_key: bool = False) -> None:
        """As of any file."""
        name = str(place[1]) if len(place) > 1 and place[0] == "fixes" else ""
        at, own = self.taken.get(name, ((), frozenset()))
        if at and (len(place) < 3 or place[2] not in own):
            text, place, offset = f"the shared prescription '{name}': {text}", at, 0
        Sheet.wrong(self, text, *place, offset=offset, at_key=at_key)


def prescribe(plain: dict[str, Any], sheet: Sheet, book: Book) -> None:
    """Complete the fixes of a rule by the book, and add those that its causes name."""
    own: Mapping[str, _Plain] = plain.get("fixes", {})
    made = {name: _whole(name, fix, sheet, book) for name, fix in own.items()}
    order, last = list(made), 0
    for name, place in _named(plain):
        if name in made:
            last = max(last, order.index(name) + 1)
        elif name in book:
            _note(sheet, name, place)
            made[name] = {**book[name], "like": name}
            # Behind what the causes name before it, so that the rule's own keep the order of the file.
            order.insert(last, name)
            last += 1
    if made:
        plain["fixes"] = {name: made[name] for name in order}


def _named(plain: _Plain) -> Iterator[tuple[str, TreePath]]:
    """The fixes that causes name, with their places."""
    for index, cause in enumerate(plain.get("causes", ())):
        for place, name in enumerate(cause.get("fixes", ())):
            yield name, ("causes", index, "fixes", place)


def _whole(name: str, fix: _Plain, sheet: Sheet, book: Book) -> _Plain:
    """A fix that the rule writes, with what it takes from the book: nothing if it says itself what to do."""
    place = ("fixes", name)
    source = fix.get("like", "" if "knob" in fix or "text" in fix else name)
    if source in book:
        _note(sheet, name, place, fix)
        return {**book[source], **fix, "like": source}
    guess = did_you_mean(source, sorted(book)) if source else ""
    if "like" in fix:
        sheet.wrong(f"no shared prescription '{source}'{guess}", *place, "like")
    else:
        more = f", and no shared prescription has the name '{name}'{guess}" if source else ""
        _can_always_be_said(fix, sheet, place, more)
    return {key: value for key, value in fix.items() if key != "like"}


def _note(sheet: Sheet, name: str, place: TreePath, own: Iterable[str] = ()) -> None:
    if isinstance(sheet, RuleSheet):
        sheet.taken[name] = (place, frozenset(own))
