"""``rldoctor rules lint``: every data file of a pack, checked; every problem of every file at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rldoctor.commands.rules import pack_directory
from rldoctor.errors import Problem, RuleError
from rldoctor.report.numbers import plural

if TYPE_CHECKING:
    from rldoctor.datafiles.packs import Packs
    from rldoctor.rulebook.schema import Rule


# So many warnings are listed one by one; of more, the rules that have most of them.
LISTED = 20


def lint_rules(directory: str) -> int:
    """Check rule files, their tests, the lists and the vocabulary of a pack; RuleError with every problem.

    Unnamed numbers are a warning.
    """
    from rldoctor.datafiles.read import HINT

    path = pack_directory(directory)
    rules: list[Rule] = []
    tables: list[Path] = []
    problems = list(dict.fromkeys(_problems(path, rules, tables)))
    if problems:
        raise RuleError(problems, hint=HINT)
    said = [plural(len(rules), "rule")] if rules else []
    said += [plural(len(tables), "framework")] if tables else []
    tried = _prescriptions(path, rules)
    sys.stdout.write(f"{path}: {', '.join(said) or 'nothing'}, no problem found\n{tried}")
    sys.stdout.writelines(_warnings(rules))
    sys.stdout.writelines(_without_marks(path, tables))
    return 0


def _prescriptions(path: Path, rules: Sequence[Rule]) -> str:
    """What was tried of the prescriptions; RuleError with every one that a reader would laugh at."""
    from rldoctor.commands.lint_prescriptions import ALGORITHMS, STATES, check_prescriptions
    from rldoctor.datafiles.canonical import framework_names
    from rldoctor.engine.policy import load_derived, load_policy, with_facts
    from rldoctor.paths import builtin_rules_dir

    if not rules:
        return ""
    builtin = builtin_rules_dir()
    further = [] if path.resolve() == builtin.resolve() else [path]
    policy = with_facts(load_policy(builtin), further)
    checked = check_prescriptions(rules, policy, load_derived(builtin, *further))
    if checked.violations:
        files = {rule.code: rule.path for rule in rules}
        raise RuleError(
            [
                Problem(files[one.rule], 0, 0, f"fix {one.fix}, {one.kind}: {one.text} ({one.at})")
                for one in checked.violations
            ],
            hint="Each is tried in every framework; docs/writing-rules.md says how to restrict one.",
        )
    if further:
        return ""
    axes = f"{len(framework_names())} frameworks x {len(ALGORITHMS)} algorithms x {len(STATES)} states"
    return f"prescriptions of {plural(len(rules), 'rule')} in {axes} of the settings: 0 violations\n"


def _warnings(rules: Sequence[Rule]) -> Iterator[str]:
    """The numbers that decide without a name: each with its place where they are few, else by rule."""
    from rldoctor.rulebook.bare_numbers import bare_numbers

    found = {rule.code: bare_numbers(rule) for rule in rules}
    total = sum(map(len, found.values()))
    having = sorted((code for code in found if found[code]), key=lambda code: (-len(found[code]), code))
    if 0 < total <= LISTED:
        yield from (f"warning: {one.at}\n" for code in having for one in found[code])
    if total:
        yield f"warning: {plural(total, 'number')} without a name in {plural(len(having), 'rule')}"
        yield f" (most: {', '.join(f'{code} {len(found[code])}' for code in having[:5])});"
        yield "\n    thresholds with unit and note can be looked up and overridden\n"


def _without_marks(path: Path, tables: Sequence[Path]) -> Iterator[str]:
    """Frameworks whose logs nobody will recognise."""
    from rldoctor.datafiles.packs import vocabularies
    from rldoctor.vocabulary.detect import FILE, read_fingerprints
    from rldoctor.vocabulary.tables import GENERIC

    marked = read_fingerprints(vocabularies([path]))
    for name in sorted({table.stem for table in tables} - marked.keys() - {GENERIC}):
        yield f"warning: nothing says how a log of {name} is recognised: give it marks in vocabulary/{FILE},"
        yield f"\n    or read its logs with --framework {name}\n"


def _problems(path: Path, rules: list[Rule], tables: list[Path]) -> Iterator[Problem]:
    """The problems of a pack; its rules and the files of its frameworks are added to the lists."""
    from rldoctor.datafiles.packs import BUILTIN_ONLY, BUILTIN_VOCABULARY, VOCABULARY, vocabularies
    from rldoctor.paths import builtin_rules_dir
    from rldoctor.rulebook.loader import load_pack

    builtin = path.resolve() == builtin_rules_dir().resolve()
    yield from _raised(lambda: rules.extend(load_pack([path])))
    vocabulary = BUILTIN_VOCABULARY if builtin else path / VOCABULARY
    if vocabulary.is_dir():
        yield from _of_vocabulary(vocabulary, () if builtin else vocabularies([path]), tables)
    if builtin:
        yield from _of_decisions(path)
    else:
        for name in BUILTIN_ONLY:
            if (path / name).is_file():
                text = "only the built-in pack decides this; a pack's own facts stand in facts.yaml"
                yield Problem(str(path / name), 1, 1, text)


def _raised(job: Callable[[], object]) -> Iterator[Problem]:
    try:
        job()
    except RuleError as error:
        yield from error.problems


def _of_vocabulary(folder: Path, packs: Packs, tables: list[Path]) -> Iterator[Problem]:
    # What is compiled has been checked before; whoever asks for a check gets one of the files.
    from rldoctor.datafiles import canonical
    from rldoctor.datafiles.mechanisms import read_mechanisms
    from rldoctor.vocabulary.detect import FILE, read_fingerprints
    from rldoctor.vocabulary.generic import read_words
    from rldoctor.vocabulary.tables import read_table

    yield from _raised(lambda: canonical.canonical(packs) if packs else canonical.read_canonical())
    yield from _raised(lambda: read_fingerprints(packs))
    if not packs:
        yield from _raised(read_words)
        yield from _raised(canonical.read_algorithms)
        yield from _raised(read_mechanisms)
    else:
        yield from _strangers(folder, {canonical.FILE, FILE, canonical.FRAMEWORKS})
    for path in sorted((folder / canonical.FRAMEWORKS).glob("*.yaml")):
        tables.append(path)
        yield from _raised(lambda name=path.stem: read_table(name, packs))  # type: ignore[misc]


def _strangers(folder: Path, known: set[str]) -> Iterator[Problem]:
    """Files that nobody reads: mostly a list whose name is misspelt."""
    from rldoctor.datafiles.sheet import nearest

    for path in sorted(folder.iterdir()):
        if path.name not in known and not path.name.startswith("."):
            yield Problem(str(path), 0, 0, f"nothing reads this{nearest(path.name, known)}")


def _of_decisions(pack: Path) -> Iterator[Problem]:
    from rldoctor.comparison.criteria import load_criteria
    from rldoctor.differential.criteria import read_criteria as read_differential
    from rldoctor.engine.policy import read_derived, read_policy
    from rldoctor.envelope.criteria import read_criteria

    yield from _raised(lambda: read_derived((pack,)))
    for read in (read_policy, load_criteria, read_criteria, read_differential):
        yield from _raised(lambda read=read: read(pack))  # type: ignore[misc]
