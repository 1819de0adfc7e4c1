"""Rule files to typed rules, with every defect of every file reported at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from rldoctor.errors import Problem, RuleError, did_you_mean
from rldoctor.model.finding import Severity
from rldoctor.model.measured import STATUSES
from rldoctor.paths import builtin_rules_dir
from rldoctor.rulebook import parts
from rldoctor.rulebook.checks import check_rule, unwritten
from rldoctor.rulebook.each import Expanded, each, in_order
from rldoctor.rulebook.fields import PLACEHOLDER, Fields
from rldoctor.rulebook.known import LISTS, Known, known_names
from rldoctor.rulebook.pack_facts import check_facts, shared_by, with_shared
from rldoctor.rulebook.schema import PackFacts, Rule
from rldoctor.rulebook.testcases import check_tests
from rldoctor.yamlio import Tree, load_tree

TEST_SUFFIX = ".test.yaml"
CODE = re.compile(r"[A-Z]{2,6}-[0-9]{2,3}")
_NO_ANSWER = frozenset({"unknown", "none", "unlikely", "n/a", "no", "not known", "none known"})


def load_rule(path: Path, known: Known | None = None, *, tests: bool = True) -> Rule:
    """One rule, checked on its own (edges to other rules: against the catalogue only).

    ``known``: names from outside the rule; by default those of the built-in pack and of the rule's own pack.
    ``tests``: also check the test file beside it.

    Raises:
        RuleError: with every problem of the rule file and its test file.
    """
    packs = [builtin_rules_dir(), path.parent, path.parent.parent]
    problems: list[Problem] = []
    known = known or _names(packs, problems)
    rule, tree = _read(path, known, shared_by(packs), tests, problems)
    if rule is None or tree is None or problems:
        raise RuleError(problems)
    return rule


def load_pack(directories: Sequence[Path], known: Known | None = None, *, tests: bool = True) -> list[Rule]:
    """Every rule of the directories, ordered by code, checked also against each other.

    Raises:
        RuleError: with every problem of every file, or when a directory holds no rule.
    """
    packs = [builtin_rules_dir(), *directories]
    problems: list[Problem] = []
    known = known or _names(packs, problems)
    loaded: list[tuple[Rule, Tree]] = []
    for directory in directories:
        # A pack sees the built-in names and its own, not those of a third.
        shared = shared_by([builtin_rules_dir(), directory])
        for path in rule_files(directory, problems):
            rule, tree = _read(path, known, shared, tests, problems)
            if rule is not None and tree is not None:
                loaded.append((rule, tree))
    problems += check_pack(loaded, known)
    if problems:
        raise RuleError(problems, hint="The fields are described in docs/writing-rules.md.")
    return sorted((rule for rule, _ in loaded), key=lambda rule: rule.code)


def _names(packs: Sequence[Path], problems: list[Problem]) -> Known:
    """The names that the packs know, with every problem of their facts."""
    known = known_names(packs)
    problems += check_facts(packs, known)
    return known


def rule_files(directory: Path, problems: list[Problem]) -> list[Path]:
    """The rule files of a pack, in order: every YAML file but tests and the pack's own lists."""
    others = {directory / name for name in LISTS}
    found = sorted(path for path in directory.rglob("*.y*ml") if path.suffix in (".yaml", ".yml"))
    found = [
        path for path in found if not path.name.endswith((TEST_SUFFIX, ".test.yml")) and path not in others
    ]
    if not found:
        problems.append(Problem(str(directory), 0, 0, "no rule file (*.yaml) in this directory"))
    return found


def _read(
    path: Path, known: Known, shared: PackFacts, tests: bool, problems: list[Problem]
) -> tuple[Rule | None, Tree | None]:
    """The rule of a file, with harmless values where it is wrong; problems are added to the list."""
    try:
        tree = load_tree(path)
    except RuleError as error:
        problems += error.problems
        return None, None
    found: list[Problem] = []
    fields = Fields.of(tree, (), tree.value, found)
    expanded = each(fields)
    rule = with_shared(_rule(fields, path, expanded), shared)
    if fields.values:
        fields.finish()
        check_rule(rule, fields, known, expanded.places)
    found += unwritten(tree)
    if tests:
        found += check_tests(rule, path.with_suffix(TEST_SUFFIX))
    problems += sorted(found, key=lambda problem: (problem.file != tree.name, problem.line, problem.column))
    return rule, tree


def _rule(fields: Fields, path: Path, expanded: Expanded | None = None) -> Rule:
    expanded = each(fields) if expanded is None else expanded
    if fields.number("schema", required=True) not in (1,) and fields.has("schema"):
        fields.wrong("this program reads 'schema: 1'", "schema")
    return Rule(
        path=str(path),
        code=_code(fields),
        slug=_slug(fields, path),
        severity=fields.severity("severity", required=True) or Severity.WARNING,
        area=_area(fields, path),
        title=fields.text("title", required=True),
        failure_title=fields.text("failure_title", required=True),
        unsure_title=fields.text("unsure_title"),
        when=fields.expression("when", required=True) or PLACEHOLDER,
        message=fields.text("message", required=True),
        status=fields.choice("status", STATUSES, default="experimental"),
        status_stated=fields.has("status"),
        applies_to=parts.applies_to(fields),
        requires=fields.texts("requires"),
        requires_one_of=_groups(fields),
        requires_config=fields.texts("requires_config"),
        optional=fields.texts("optional"),
        config=fields.texts("config"),
        min_points=fields.whole("min_points", default=10, low=1, high=1_000_000),
        thresholds=parts.thresholds(fields),
        let=in_order(parts.lets(fields), expanded),
        each=expanded.holds,
        since=fields.expression("since"),
        hold=parts.span(fields, "for"),
        bridge=parts.span(fields, "bridge"),
        ignore_first=parts.span(fields, "ignore_first"),
        ready=fields.expression("ready"),
        not_ready_says=fields.text("not_ready_says", required="ready" in fields.values),
        unless=parts.guards(fields),
        cap_if_improving=fields.severity("cap_if_improving"),
        cap_if_solved=fields.severity("cap_if_solved"),
        escalate=parts.levels(fields, "escalate"),
        reduce=parts.levels(fields, "reduce"),
        measure={**parts.measures(fields), **expanded.measure},
        passed_message=fields.text("passed_message", required=True),
        leads_to=parts.edges(fields),
        causes=parts.causes(fields),
        fixes=parts.fixes(fields),
        **parts.afterwards(fields),
        false_positives=_false_positives(fields),
        wrong_advice=parts.wrong_advice(fields),
        references=parts.references(fields),
    )


def _code(fields: Fields) -> str:
    code = fields.text("code", required=True)
    if code and not CODE.fullmatch(code):
        fields.wrong(f"'{code}' must look like POL-01", "code")
    return code


def _slug(fields: Fields, path: Path) -> str:
    slug = fields.text("slug", required=True)
    if slug and not parts.IDENTIFIER.fullmatch(slug):
        fields.wrong(f"'{slug}' must be lower-case words joined by hyphens", "slug")
    if slug and slug != path.stem:
        fields.wrong(f"the slug '{slug}' must be the file's name ({path.stem})", "slug")
    return slug


def _area(fields: Fields, path: Path) -> str:
    area = fields.text("area", required=True)
    if area and area != path.parent.name:
        fields.wrong(f"the area '{area}' must be the folder's name ({path.parent.name})", "area")
    return area


def _groups(fields: Fields) -> tuple[tuple[str, ...], ...]:
    items = fields.items("requires_one_of")
    return tuple(fields.text_list(group, "requires_one_of", index) for index, group in items)


def _false_positives(fields: Fields) -> tuple[str, ...]:
    found = fields.texts("false_positives", required=True)
    for index, text in enumerate(found):
        if text.strip(" .").lower() in _NO_ANSWER:
            fields.wrong(
                f"'{text}' is no answer: when would this rule fire wrongly?", "false_positives", index
            )
    if "false_positives" in fields.values and not found:
        fields.wrong("no situation in which this rule fires wrongly is named", "false_positives")
    return found


def check_pack(loaded: Sequence[tuple[Rule, Tree]], known: Known) -> list[Problem]:
    """Codes and slugs are unique and as in the catalogue; edges lead to codes that exist."""
    codes = {rule.code for rule, _ in loaded} | set(known.codes)
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
    for index, edge in enumerate(rule.leads_to):
        if edge.code and edge.code not in codes:
            guess = did_you_mean(edge.code, sorted(codes))
            yield tree.problem(("leads_to", index), f"no rule has the code '{edge.code}'{guess}")
        if edge.code and edge.code == rule.code:
            yield tree.problem(("leads_to", index), "a rule cannot lead to itself")
