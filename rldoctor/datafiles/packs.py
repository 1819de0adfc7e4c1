"""The packs there are: the built-in one, those of installed packages, those the user names.

A pack is a directory of data: rules in folders, lists beside them, a ``vocabulary`` folder. Nothing of a
pack is ever imported or run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from rldoctor.errors import UsageError
from rldoctor.paths import PACKAGE, builtin_rules_dir
from rldoctor.plain_data import dataclass
from rldoctor.plug_ins import PACKS, directory_of, plug_ins

Stamp: TypeAlias = tuple[tuple[str, int, int], ...]
VOCABULARY = "vocabulary"
# The built-in vocabulary lies inside the package: it is there even where the rules are replaced.
BUILTIN_VOCABULARY = PACKAGE / VOCABULARY

# Files at the top of a pack that are no rules.
CATALOGUE, DERIVED, POLICY = "catalogue.yaml", "derived.yaml", "policy.yaml"
COMPARE, ENVELOPE = "compare.yaml", "envelope.yaml"
FACTS, AUDIT, OUTCOME = "facts.yaml", "audit.yaml", "outcome.yaml"
PRESCRIPTIONS, REFERENCES = "prescriptions.yaml", "references.yaml"
DIFFERENTIAL = "differential.yaml"
LISTS = (
    CATALOGUE,
    DERIVED,
    FACTS,
    PRESCRIPTIONS,
    REFERENCES,
    POLICY,
    COMPARE,
    ENVELOPE,
    AUDIT,
    OUTCOME,
    DIFFERENTIAL,
)
# What decides about a run as a whole: one decision for all, so only the built-in pack has a say.
BUILTIN_ONLY = (POLICY, COMPARE, ENVELOPE, AUDIT, OUTCOME, DIFFERENTIAL)


def pack_directories(further: Sequence[Path] = ()) -> tuple[Path, ...]:
    """The built-in pack, those of installed packages, then ``further``; each directory once."""
    found = [builtin_rules_dir(), *installed_packs(), *further]
    if len(found) == 1:
        return tuple(found)
    # By where they really are: a clone's ``--rules rules`` is the built-in pack under another name.
    first = {path.resolve(): path for path in reversed(found)}
    return tuple(dict.fromkeys(first[path.resolve()] for path in found))


def installed_packs() -> tuple[Path, ...]:
    """The directories that entry points of the group ``rldoctor.packs`` name (``acme = "acme_rl.rules"``).

    Raises:
        UsageError: an entry point names no directory of an installed package.
    """
    found = []
    for name, package in plug_ins(PACKS):
        path = directory_of(package)
        if path is None:
            raise UsageError(
                f"the pack '{name}' is not there: no package has the directory {package}",
                hint=f"Look at the entry point {name} of the group {PACKS}, or uninstall what brings it.",
            )
        found.append(path)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class VocabularyFolder:
    """The ``vocabulary`` folder of a pack. ``stamp`` changes with its files.

    What is read from a folder is kept, and a pack is edited while a notebook or ``watch`` goes on: two states
    of a folder are two keys.
    """

    path: Path
    stamp: Stamp

    def __truediv__(self, name: str) -> Path:
        """A file or folder in it."""
        return self.path / name


Packs: TypeAlias = tuple[VocabularyFolder, ...]
BUILTIN = VocabularyFolder(BUILTIN_VOCABULARY, ())


def vocabularies(packs: Sequence[Path]) -> Packs:
    """The vocabulary folders of packs, without the built-in one, which is always read."""
    folders = (pack / VOCABULARY for pack in packs)
    return tuple(VocabularyFolder(one.resolve(), stamp_of(one)) for one in folders if one.is_dir())


def stamp_of(folder: Path) -> Stamp:
    """Name, size and time of change of every YAML file below a folder."""
    found = ((str(path), path.stat()) for path in sorted(folder.rglob("*.y*ml")))
    return tuple((name, about.st_size, about.st_mtime_ns) for name, about in found)
