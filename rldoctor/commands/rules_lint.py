"""``rldoctor rules lint``: every data file of a pack, checked; every problem of every file at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rldoctor.commands.rules import pack_directory
from rldoctor.errors import Problem, RuleError
from rldoctor.report.numbers import plural

if TYPE_CHECKING:
    from rldoctor.datafiles.packs import Packs


def lint_rules(directory: str) -> int:
    """Check rule files, their tests, the lists and the vocabulary of a pack; RuleError with every problem."""
    from rldoctor.datafiles.read import HINT

    path = pack_directory(directory)
    counts: list[int] = []
    problems = list(dict.fromkeys(_problems(path, counts)))
    if problems:
        raise RuleError(problems, hint=HINT)
    said = [plural(counts[0], "rule")] if counts[0] else []
    said += [plural(counts[1], "framework")] if counts[1] else []
    sys.stdout.write(f"{path}: {', '.join(said) or 'nothing'}, no problem found\n")
    return 0


def _problems(path: Path, counts: list[int]) -> Iterator[Problem]:
    """The problems of a pack; ``counts`` receives how many rules and frameworks it has."""
    from rldoctor.datafiles.packs import BUILTIN_ONLY, BUILTIN_VOCABULARY, VOCABULARY, vocabularies
    from rldoctor.paths import builtin_rules_dir
    from rldoctor.rulebook.loader import load_pack

    builtin = path.resolve() == builtin_rules_dir().resolve()
    rules: list[Any] = []
    yield from _raised(lambda: rules.extend(load_pack([path])))
    vocabulary = BUILTIN_VOCABULARY if builtin else path / VOCABULARY
    tables: list[Path] = []
    if vocabulary.is_dir():
        yield from _of_vocabulary(vocabulary, () if builtin else vocabularies([path]), tables)
    if builtin:
        yield from _of_decisions(path)
    else:
        for name in BUILTIN_ONLY:
            if (path / name).is_file():
                text = "only the built-in pack decides this; a pack's own facts stand in derived.yaml"
                yield Problem(str(path / name), 1, 1, text)
    counts[:] = [len(rules), len(tables)]


def _raised(job: Callable[[], object]) -> Iterator[Problem]:
    try:
        job()
    except RuleError as error:
        yield from error.problems


def _of_vocabulary(folder: Path, packs: Packs, tables: list[Path]) -> Iterator[Problem]:
    from rldoctor.datafiles import canonical
    from rldoctor.vocabulary.algorithm import algorithm_names
    from rldoctor.vocabulary.detect import FILE, fingerprints
    from rldoctor.vocabulary.generic import words
    from rldoctor.vocabulary.tables import load_table

    yield from _raised(lambda: canonical.canonical(packs))
    yield from _raised(lambda: fingerprints(packs))
    if not packs:
        yield from _raised(words)
        yield from _raised(algorithm_names)
    else:
        yield from _strangers(folder, {canonical.FILE, FILE, canonical.FRAMEWORKS})
    for path in sorted((folder / canonical.FRAMEWORKS).glob("*.yaml")):
        tables.append(path)
        yield from _raised(lambda name=path.stem: load_table(name, packs))  # type: ignore[misc]


def _strangers(folder: Path, known: set[str]) -> Iterator[Problem]:
    """Files that nobody reads: mostly a list whose name is misspelt."""
    from rldoctor.datafiles.sheet import nearest

    for path in sorted(folder.iterdir()):
        if path.name not in known and not path.name.startswith("."):
            yield Problem(str(path), 0, 0, f"nothing reads this{nearest(path.name, known)}")


def _of_decisions(pack: Path) -> Iterator[Problem]:
    from rldoctor.comparison.criteria import load_criteria as compare_criteria
    from rldoctor.engine.policy import load_derived, load_policy
    from rldoctor.envelope.criteria import load_criteria as envelope_criteria

    for load in (load_derived, load_policy, compare_criteria, envelope_criteria):
        yield from _raised(lambda load=load: load(pack))  # type: ignore[misc]
