"""Rule files to typed rules, with every defect of every file reported at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from rldoctor.datafiles.packs import LISTS, VOCABULARY
from rldoctor.datafiles.read import HINT, check
from rldoctor.errors import Problem, RuleError, did_you_mean
from rldoctor.paths import builtin_rules_dir
from rldoctor.plain_data import dataclass
from rldoctor.rulebook.build import build
from rldoctor.rulebook.checks import SHARED_FIXES, check_rule, edge_places, unwritten, with_settings
from rldoctor.rulebook.declarations import RULE
from rldoctor.rulebook.each import expand
from rldoctor.rulebook.known import Known, known_names
from rldoctor.rulebook.pack_facts import check_facts, shared_by, with_shared
from rldoctor.rulebook.prescriptions import Book, RuleSheet, book_by, check_books, prescribe, unused
from rldoctor.rulebook.schema import LoadedPack, PackFacts, Rule
from rldoctor.rulebook.sources import Sources, check_sources, cite, sources_of, uncited
from rldoctor.rulebook.testcases import check_tests
from rldoctor.yamlio import Tree, load_tree

TEST_SUFFIX = ".test.yaml"


@dataclass(frozen=True, slots=True)
class _ReadRule:
    """A rule file: harmless values where it is wrong, its problems, and what is still to be written in it."""

    rule: Rule
    tree: Tree
    problems: tuple[Problem, ...]
    unwritten: tuple[Problem, ...]


def load_rule(path: Path, known: Known | None = None, *, tests: bool = True) -> Rule:
    """One rule, checked on its own (edges to other rules: against the catalogue only).

    ``known``: names from outside the rule; by default those of the built-in pack and of the rule's own pack.
    ``tests``: also check the test file beside it.

    Raises:
        RuleError: with every problem of the rule file and its test file.
    """
    packs = [builtin_rules_dir(), path.parent, path.parent.parent]
    of_facts: list[Problem] = []
    known = known or _names(packs, of_facts)
    found = _read(path, known, _shared(packs), tests)
    if problems := [*of_facts, *found.problems, *found.unwritten]:
        raise RuleError(_sorted(problems, path))
    return found.rule


def load_pack(directories: Sequence[Path], known: Known | None = None, *, tests: bool = True) -> list[Rule]:
    """Every rule of the directories, ordered by code, checked also against each other; a draft is an error.

    Raises:
        RuleError: with every problem of every file, or when a directory holds no rule.
    """
    return list(_load(directories, known, tests, strict=True).rules)


def load_finished(directories: Sequence[Path]) -> LoadedPack:
    """The rules that are written to the end. A draft, a rule with ``TODO`` texts, stops no other rule.

    Whatever else is wrong with a draft is not looked at: its author is not done. The tests beside the rules
    are not read.

    Raises:
        RuleError: with every problem of every other file, or when a directory holds no rule.
    """
    return _load(directories, None, tests=False, strict=False)


def _load(directories: Sequence[Path], known: Known | None, tests: bool, *, strict: bool) -> LoadedPack:
    problems: list[Problem] = []
    known = known or _names([builtin_rules_dir(), *directories], problems)
    found: list[_ReadRule] = []
    for directory in directories:
        # A pack sees the built-in names and its own, not those of a third.
        shared = _shared([builtin_rules_dir(), directory])
        for path in rule_files(directory, problems):
            try:
                found.append(_read(path, known, shared, tests))
            except RuleError as error:
                problems += error.problems
    drafts = [] if strict else [one for one in found if one.unwritten]
    for one in found:
        if one not in drafts:
            problems += _sorted([*one.problems, *one.unwritten], Path(one.tree.name))
    # A rule may lead to one that is still a draft: its code is taken.
    finished = [(one.rule, one.tree) for one in found if one not in drafts]
    problems += check_pack(finished, known, {one.rule.code for one in drafts})
    if strict and not problems:
        problems += _unused(directories, [rule for rule, _ in finished])
    if problems:
        raise RuleError(problems, hint=HINT)
    rules = sorted((rule for rule, _ in finished), key=lambda rule: rule.code)
    return LoadedPack(tuple(rules), tuple(one.unwritten[0] for one in drafts))


def _names(packs: Sequence[Path], problems: list[Problem]) -> Known:
    """The names that the packs know, with every problem of what their rules share."""
    known = known_names(packs)
    problems += check_facts(packs, known)
    problems += check_books(packs, known.names)
    problems += check_sources(packs)
    return known


@dataclass(frozen=True, slots=True)
class _Shared:
    """What a rule may use of its pack and of the built-in one."""

    facts: PackFacts
    book: Book
    sources: Sources


def _shared(packs: Sequence[Path]) -> _Shared:
    return _Shared(shared_by(packs), book_by(packs), sources_of(packs))


def _unused(directories: Sequence[Path], rules: Sequence[Rule]) -> Iterator[Problem]:
    for directory in directories:
        own = [rule for rule in rules if directory in Path(rule.path).parents]
        yield from unused(directory, own)
        yield from uncited(directory, own)


def rule_files(directory: Path, problems: list[Problem]) -> list[Path]:
    """The rule files of a pack, in order: every YAML file but tests, the pack's lists and its vocabulary."""
    others = {directory / name for name in LISTS}
    found = sorted(path for path in directory.rglob("*.y*ml") if path.suffix in (".yaml", ".yml"))
    found = [
        path
        for path in found
        if not path.name.endswith((TEST_SUFFIX, ".test.yml"))
        and path not in others
        and directory / VOCABULARY not in path.parents
    ]
    if not found and not _holds_something_else(directory):
        problems.append(Problem(str(directory), 0, 0, "no rule file (*.yaml) in this directory"))
    return found


def _holds_something_else(directory: Path) -> bool:
    """A pack may be a vocabulary alone."""
    return (directory / VOCABULARY).is_dir()


def _read(path: Path, known: Known, shared: _Shared, tests: bool) -> _ReadRule:
    """The rule of a file. RuleError when the file is no YAML."""
    tree = load_tree(path)
    sheet = RuleSheet(tree, {**known.names, SHARED_FIXES: shared.book.keys()})
    plain = check(sheet, RULE)
    prescribe(plain, sheet, shared.book)
    cite(plain, sheet, shared.sources)
    places = expand(plain, sheet)
    rule = with_shared(build(plain, path), shared.facts)
    if isinstance(tree.value, dict):
        rule = with_settings(rule, known)
        check_rule(rule, sheet, known, places)
    found = sheet.problems
    if tests:
        found = [*found, *check_tests(rule, path.with_suffix(TEST_SUFFIX), known.names)]
    return _ReadRule(rule, tree, tuple(found), tuple(unwritten(tree)))


def _sorted(problems: Sequence[Problem], path: Path) -> list[Problem]:
    """The problems of the rule file from its top, then those of its tests."""
    return sorted(problems, key=lambda problem: (problem.file != str(path), problem.line, problem.column))


def check_pack(
    loaded: Sequence[tuple[Rule, Tree]], known: Known, more: Collection[str] = ()
) -> list[Problem]:
    """Codes and slugs are unique and as in the catalogue; edges lead to codes that exist or to ``more``."""
    codes = {rule.code for rule, _ in loaded} | set(known.codes) | set(more)
    problems = [*_repeated(loaded, "code"), *_repeated(loaded, "slug")]
    for rule, tree in loaded:
        problems += _catalogued(rule, tree, known)
        problems += _dangling(rule, tree, codes)
    return problems


def _repeated(loaded: Sequence[tuple[Rule, Tree]], key: str) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for rule, tree in loaded:
        value = getattr(rule, key)
        if value and value in first:
            yield tree.problem((key,), f"the {key} '{value}' is already that of {first[value]}")
        first.setdefault(value, rule.path)


def _catalogued(rule: Rule, tree: Tree, known: Known) -> Iterator[Problem]:
    slug = known.codes.get(rule.code)
    if slug and rule.slug and slug != rule.slug:
        yield tree.problem(("slug",), f"the catalogue calls {rule.code} '{slug}'")


def _dangling(rule: Rule, tree: Tree, codes: set[str]) -> Iterator[Problem]:
    for place, edge in zip(edge_places(tree), rule.leads_to, strict=False):
        if edge.code and edge.code not in codes:
            guess = did_you_mean(edge.code, sorted(codes))
            yield tree.problem(place, f"no rule has the code '{edge.code}'{guess}")
        if edge.code and edge.code == rule.code:
            yield tree.problem(place, "a rule cannot lead to itself")
