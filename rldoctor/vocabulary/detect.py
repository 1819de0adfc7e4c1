"""Which framework wrote a log: by fingerprint, never by counting matches.

Counting would let a long table win over a short one, and a home-made logger that borrows ten names of
Stable-Baselines3 be taken for it. A fingerprint is a set of marks that only this framework leaves together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from rldoctor.compiled.store import Compiled
from rldoctor.datafiles.canonical import MARKS, vocabulary_sources
from rldoctor.datafiles.packs import BUILTIN, Packs
from rldoctor.model.raw import RawRun
from rldoctor.vocabulary.tables import GENERIC, logged

FILE = "fingerprints.yaml"


@lru_cache(maxsize=16)
def fingerprints(packs: Packs = ()) -> Mapping[str, Any]:
    """``fingerprints.yaml``: framework -> ``{any: [alternative, ...], over: [framework, ...]}``.

    Those of packs come first, the last pack's foremost: among equally strong ones the first wins.
    """
    return FINGERPRINTS.load() if not packs else read_fingerprints(packs)


def read_fingerprints(packs: Packs = ()) -> dict[str, Any]:
    """The same, from the files. RuleError with every problem of one."""
    from rldoctor.vocabulary.tables_file import fingerprints_file

    found: dict[str, Any] = {}
    for folder in (*reversed(packs), BUILTIN):
        if (path := folder / FILE).is_file():
            found = {**found, **_new(fingerprints_file(path, packs), found)}
    return found


def _new(more: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    return {name: entry for name, entry in more.items() if name not in known}


FINGERPRINTS = Compiled(
    "fingerprints", dict, lambda: [BUILTIN / FILE, *vocabulary_sources()], read_fingerprints
)


def detect_framework(raw: RawRun, packs: Packs = (), *, folded: bool = False) -> str:
    """Name of the framework whose fingerprint the run carries, or ``generic``.

    Among several, one that refines another wins (``over``), then the one with most requirements, then
    the first in the file. ``folded``: upper and lower case of tags are one.
    """
    tags = {tag.lower() for tag in raw.tags()} if folded else raw.tags()
    files = frozenset(_telling(raw.files, packs))
    contexts = frozenset(key for series in raw.series for key, value in series.context.items() if value)
    keys = frozenset(setting.key for setting in raw.settings)
    return _strongest(_Marks(frozenset(tags), files, contexts, keys), packs, folded)


class _Marks(NamedTuple):
    """All that a fingerprint looks at."""

    tags: frozenset[str]
    files: frozenset[str]
    contexts: frozenset[str]
    settings: frozenset[str]


def _telling(files: Iterable[str], packs: Packs) -> Iterator[str]:
    """Those files that any fingerprint asks for: the name of an event file is another in every run."""
    marks = _file_marks(packs)
    # Files of a folder beside the run carry its name (``eval/evaluations.npz``); fingerprints name the file
    # alone.
    for name in (path.rpartition("/")[2] for path in files):
        if any(logged([one], (name,)) for one in marks):
            yield name


@lru_cache(maxsize=16)
def _file_marks(packs: Packs) -> frozenset[str]:
    alternatives = (one for entry in fingerprints(packs).values() for one in entry["any"])
    return frozenset(name for one in alternatives for name in one.get("files", ()))


# Runs of one folder mostly carry the same marks, and trying every fingerprint is a sixth of reading a run.
@lru_cache(maxsize=64)
def _strongest(marks: _Marks, packs: Packs, folded: bool) -> str:
    seen = marks._asdict()
    known = fingerprints(packs)
    strength = {name: _strength(_lower(entry) if folded else entry, seen) for name, entry in known.items()}
    found = {name: count for name, count in strength.items() if count}
    beaten = {other for name in found for other in known[name].get("over", ())}
    # Two entries that name each other under ``over`` (a pack's and ours) would leave none: then all stay.
    left = {name: count for name, count in found.items() if name not in beaten} or found
    return max(left, key=lambda name: left[name]) if left else GENERIC


def _lower(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The entry with its tags in lower case."""
    kinds = ("tags", "without")
    return {
        "any": [
            {kind: [one.lower() for one in marks] if kind in kinds else marks for kind, marks in case.items()}
            for case in entry["any"]
        ]
    }


def _strength(entry: Mapping[str, Any], seen: Mapping[str, Collection[str]]) -> int:
    """Requirements of the largest alternative that is met; 0 when none is."""
    return max((_requirements(one) for one in entry["any"] if _met(one, seen)), default=0)


def _met(alternative: Mapping[str, Any], seen: Mapping[str, Collection[str]]) -> bool:
    # A hundred alternatives are tried on every run and nearly all fail at their first requirement, so that is
    # asked before what must not be there.
    for kind, wanted in alternative.items():
        if kind in seen and not logged(wanted, seen[kind]):
            return False
    return not any(logged([one], seen["tags"]) for one in alternative.get("without", ()))


def _requirements(alternative: Mapping[str, Any]) -> int:
    return sum(len(alternative.get(kind, ())) for kind in MARKS)
