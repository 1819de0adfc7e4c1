"""``references.yaml`` of a pack: what several of its rules cite, with title and address, written once.

A rule names one by its id, or ``{of: id, on: ...}`` where it means a part. A rule that is loaded has the
titles and addresses themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from rldoctor.datafiles.packs import REFERENCES
from rldoctor.datafiles.read import SCHEMA, check, optional
from rldoctor.datafiles.shapes import MapOf, Record
from rldoctor.datafiles.sheet import Sheet, nearest
from rldoctor.errors import Problem, RuleError
from rldoctor.rulebook.declarations import SOURCE
from rldoctor.rulebook.formula import IDENTIFIED
from rldoctor.rulebook.schema import Rule
from rldoctor.yamlio import load_tree

# The works by id, each with title and address.
Sources: TypeAlias = Mapping[str, Mapping[str, str]]

SOURCES_FILE = Record({"schema": SCHEMA, "references": MapOf(SOURCE, IDENTIFIED)})


def sources_of(packs: Iterable[Path]) -> Sources:
    """What rules of these packs may cite; a pack's own come before those of packs named earlier."""
    found: dict[str, Mapping[str, str]] = {}
    for pack in packs:
        try:
            found |= _sources(pack)
        except RuleError:
            continue  # check_sources tells of it
    return found


def check_sources(packs: Iterable[Path]) -> list[Problem]:
    """Every problem of the files."""
    problems: list[Problem] = []
    for pack in dict.fromkeys(packs):
        try:
            optional(pack / REFERENCES, SOURCES_FILE)
        except RuleError as error:
            problems += error.problems
    return problems


def _sources(pack: Path) -> Sources:
    path = pack / REFERENCES
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else {}


@lru_cache(maxsize=16)
def _read(path: Path, _changed: int) -> Sources:
    # With harmless values where it is wrong, which check_sources tells once.
    found: Sources = check(Sheet(load_tree(path)), SOURCES_FILE)["references"]
    return found


def cite(plain: dict[str, Any], sheet: Sheet, sources: Sources) -> None:
    """Put title and address in the place of every id; an unknown one is a problem."""
    found = []
    for index, one in enumerate(plain["references"]):
        short = isinstance(one, str)
        name, part = (one, "") if short else (one.get("of", ""), one.get("on", ""))
        work = sources.get(name)
        if name and work is None:
            place = ("references", index) if short else ("references", index, "of")
            sheet.wrong(f"unknown reference '{name}'{nearest(name, sources)}", *place)
        if work is not None:
            found.append({**work, "title": _title(work, part)})
        else:
            found.append({"title": name} if short or name else one)
    plain["references"] = found


def _title(work: Mapping[str, str], part: str) -> str:
    """``Title (part)``, and ``Title (A. Author; part)`` where something stands in brackets already."""
    title = work["title"]
    if not part:
        return title
    return f"{title[:-1]}; {part})" if title.endswith(")") else f"{title} ({part})"


def uncited(pack: Path, rules: Sequence[Rule]) -> Iterator[Problem]:
    """A problem for every reference of the pack that none of its rules cites."""
    cited = {(one.url, one.title.partition(" (")[0]) for rule in rules for one in rule.references}
    for name, work in _sources(pack).items():
        if (work.get("url", ""), work["title"].partition(" (")[0]) not in cited:
            text = f"no rule of this pack cites '{name}'"
            yield load_tree(pack / REFERENCES).problem(("references", name), text, at_key=True)
