"""Which task a text names. A wrong task is worse than none, so every doubt ends in none."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path

from rldoctor.compiled.store import Compiled
from rldoctor.model.algorithms import OFF_POLICY, ON_POLICY
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass
from rldoctor.tasks.table import load

# dm_control's tasks are called cheetah_run, cheetah-run, dmc_cheetah_run, dm_control/cheetah-run-v0, ...
_SUITE = "dm_control/"
_SUITE_PREFIX = pattern(r"(?:dm_control|dmc|dm_control_suite)[/_.:-]+", re.IGNORECASE)
_SUITE_VERSION = pattern(r"[-_]v\d+$")
_ATARI = pattern(r"ALE[-_]([A-Za-z0-9]+-v5)")
# What may stand before and behind an id inside a longer text; after a dot only letters (a file's suffix).
_BESIDE = frozenset("/\\_- =:~@+()[]<>,'\"")
# Words of CamelCase and of snake_case alike, and numbers.
_WORD = pattern(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True, slots=True)
class Words:
    """The lists of ``names.yaml``, in lower case."""

    changed: frozenset[str]
    neutral: frozenset[str]
    nameless: frozenset[str]
    elsewhere: frozenset[str] = frozenset()
    everyday: frozenset[str] = frozenset()


@cache
def words() -> Words:
    """The word lists, read once."""
    return NAMES.load()


def read_words() -> Words:
    """The word lists, from their file. RuleError with every problem of it."""
    from rldoctor.tasks.names_file import names_file

    data = names_file()
    lists = {name: frozenset(data[name].split()) for name in data if name != "schema"}
    lists["neutral"] |= ON_POLICY | OFF_POLICY
    return Words(**lists)


NAMES = Compiled("task_names", Words, lambda: [Path(__file__).parent / "names.yaml"], read_words)


def whole(text: str, extra: Collection[str] = ()) -> str:
    """The id that ``text`` as a whole names, or an empty text. ``extra``: ids of the user.

    ``module:id`` names the id; another spelling of upper and lower case is accepted where only one id fits.
    """
    name = text.strip().strip("'\"")
    if name in extra:
        return name
    name = name.rpartition(":")[2]
    known = _ids()
    if name in extra or name in known:
        return name
    if found := _ATARI.fullmatch(name):
        name = f"ALE/{found[1]}"
    return name if name in known else _by_case(name) or _suite(name)


@cache
def _ids() -> frozenset[str]:
    return frozenset(load().ids())


@cache
def _folded() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for id_ in _ids():
        found.setdefault(id_.casefold(), []).append(id_)
    return found


def _by_case(name: str) -> str:
    fitting = _folded().get(name.casefold(), [])
    return fitting[0] if len(fitting) == 1 else ""


def _suite(name: str) -> str:
    """dm_control's own spelling: domain and task, by whatever they are joined."""
    bare = _SUITE_VERSION.sub("", _SUITE_PREFIX.sub("", name, count=1))
    return _suite_names().get(bare.replace("-", "_").casefold(), "")


@cache
def _suite_names() -> dict[str, str]:
    ids = [id_ for id_ in _ids() if id_.startswith(_SUITE)]
    return {_SUITE_VERSION.sub("", id_[len(_SUITE) :]).replace("-", "_").casefold(): id_ for id_ in ids}


def inside(text: str, extra: Collection[str] = ()) -> tuple[set[str], str]:
    """The ids that stand in a longer text (a run's or a folder's name), and why one was refused (or ``""``).

    Upper and lower case must be right here: ``cartpole-v1`` may be somebody's first try at a cartpole.
    """
    found: set[str] = set()
    refused = ""
    known = {one for one in (*_known_spellings(), *_spellings(extra)) if one[0] in text}
    for start, end, id_ in _places(text, known):
        reason = _doubt(text, start, end)
        refused = refused or reason
        if not reason:
            found.add(id_)
    return found | _suites_inside(text), refused


def _places(text: str, ids: Iterable[tuple[str, str]]) -> list[tuple[int, int, str]]:
    """Where spellings of ids stand, the longest first and none inside another."""
    hits: list[tuple[int, int, str]] = []
    for spelling, id_ in ids:
        start = text.find(spelling)
        while start >= 0:
            end = start + len(spelling)
            if _stands_apart(text, start, end):
                hits.append((start, end, id_))
            start = text.find(spelling, start + 1)
    hits.sort(key=lambda hit: hit[0] - hit[1])
    kept: list[tuple[int, int, str]] = []
    for hit in hits:
        if not any(hit[0] < other[1] and other[0] < hit[1] for other in kept):
            kept.append(hit)
    return kept


def _stands_apart(text: str, start: int, end: int) -> bool:
    before, after, suffix = text[max(start - 1, 0) : start], text[end : end + 1], text[end + 1 : end + 2]
    dotted = after == "." and suffix.isascii() and suffix.isalpha()
    return (not before or before == "." or before in _BESIDE) and (not after or after in _BESIDE or dotted)


@cache
def _known_spellings() -> tuple[tuple[str, str], ...]:
    return tuple(_spellings(_ids()))


def _spellings(ids: Iterable[str]) -> list[tuple[str, str]]:
    """Each id as it is and, where it has a slash, with what folder names put there instead."""
    return [
        (id_.replace("/", mark), id_) for id_ in ids for mark in (("/", "-", "_") if "/" in id_ else ("/",))
    ]


def _doubt(text: str, start: int, end: int) -> str:
    """Why an id in a text may not be the task that was trained: a changed task, or an unknown compound."""
    before, after = re.split(r"[/\\]", text[:start])[-1], re.split(r"[/\\]", text[end:])[0]
    lists = words()
    for word in _WORD.findall(f"{before} {after}"):
        if word.lower() in lists.changed:
            return f"'{word}' beside it speaks of a changed task"
    joined = [re.split(r"[_ =.]", before)[-1]] if before.endswith("-") else []
    joined += [re.split(r"[_ =.]", after)[0]] if after.startswith("-") else []
    for part in joined:
        for word in _WORD.findall(part):
            if (
                not word.isdigit()
                and word.lower() not in lists.neutral
                and part.lower().strip("-") not in lists.neutral
            ):
                return f"it stands joined to '{part.strip('-')}'"
    return ""


def _suites_inside(text: str) -> set[str]:
    """dm_control tasks, only behind the name of the suite: ``walker_run`` alone may be a run of a walker."""
    found: set[str] = set()
    for start in _SUITE_PREFIX.finditer(text):
        rest = re.split(r"[/\\]", text[start.end() :])[0].replace("-", "_").casefold()
        fitting = [name for name in _suite_names() if re.match(rf"{re.escape(name)}(?![a-z0-9])", rest)]
        if fitting:
            found.add(_suite_names()[max(fitting, key=len)])
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """Ids found in several texts, the text each stands in, and why another was refused."""

    ids: set[str]
    places: dict[str, str]
    refused: str


def inside_all(texts: Iterable[str], extra: Collection[str] = ()) -> Said:
    """The ids in several texts. A refusal in one of them refuses the same id in the others."""
    ids: set[str] = set()
    places: dict[str, str] = {}
    refused = ""
    for text in texts:
        found, reason = inside(text, extra)
        if reason and not refused:
            refused = f"'{text}' is taken for no task: {reason}"
        for id_ in found:
            places.setdefault(id_, text)
        ids |= found
    # 'Ant-v4' above 'Ant-v4-sparse' speaks of the changed task too.
    return Said(set() if refused else ids, places, refused)
