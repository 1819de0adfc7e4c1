"""Every built-in data file with one thing wrong: a problem with its place, or a legal change; never a crash.

Each file is mutated in memory: every key misspelt, every value of another type, every key written twice.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from every import every

from laboratory.site import measurable
from laboratory.validation import criteria as validation
from rldoctor.comparison import criteria as compare
from rldoctor.comparison.criteria_file import COMPARE_FILE
from rldoctor.datafiles import canonical, canonical_file, mechanisms
from rldoctor.datafiles.mechanisms_file import MECHANISMS_FILE
from rldoctor.datafiles.packs import BUILTIN_VOCABULARY
from rldoctor.datafiles.read import check
from rldoctor.datafiles.scalars import Kind
from rldoctor.datafiles.sheet import Names, Sheet
from rldoctor.differential import criteria as differential
from rldoctor.differential.criteria_file import DIFFERENTIAL_FILE
from rldoctor.engine.policy import build_derived, build_policy
from rldoctor.envelope import criteria as envelope
from rldoctor.envelope.criteria_file import ENVELOPE_FILE
from rldoctor.errors import Problem, RuleError
from rldoctor.paths import builtin_rules_dir
from rldoctor.report import snippets_file as snippets
from rldoctor.rulebook.build import build as build_rule
from rldoctor.rulebook.checks import check_rule
from rldoctor.rulebook.declarations import RULE
from rldoctor.rulebook.each import expand
from rldoctor.rulebook.known import known_names
from rldoctor.rulebook.lists import CATALOGUE_FILE, COUNTED_FACTS, DERIVED_FILE, FACTS_FILE, catalogue
from rldoctor.rulebook.pack_facts import build as build_facts
from rldoctor.rulebook.pack_facts import shared_by, with_shared
from rldoctor.rulebook.policy_file import POLICY_FILE
from rldoctor.rulebook.prescriptions import BOOK_FILE, RuleSheet, book_by, prescribe
from rldoctor.rulebook.sources import SOURCES_FILE, cite, sources_of
from rldoctor.rulebook.testcases import TESTS
from rldoctor.rulebook.testcases import build as build_tests
from rldoctor.tasks import criteria_file as scales
from rldoctor.tasks import names_file as task_names
from rldoctor.vocabulary.declarations import FINGERPRINTS, GENERIC_FILE, TABLE
from rldoctor.vocabulary.tables import FrameworkTable
from rldoctor.vocabulary.tables import build as build_table
from rldoctor.vocabulary.tables_file import names
from rldoctor.yamlio import Tree, load_tree, parse_tree

RULES = builtin_rules_dir()
KNOWN = known_names([RULES])
SHARED = shared_by([RULES])
BOOK = book_by([RULES])
SOURCES = sources_of([RULES])
DERIVING: Names = {**canonical.vocabulary_names(), "derived": {}, "fact": COUNTED_FACTS, "constant": ()}
AREAS = [path.name for path in RULES.iterdir() if path.is_dir()]
JUDGING: Names = {**KNOWN.names, "code": catalogue(RULES), "area": AREAS}

# File -> its form, the names it may use, and what makes typed objects of its plain values.
Form = tuple[Kind, Names, Callable[[Any], object]]
FORMS: dict[Path, Form] = {
    BUILTIN_VOCABULARY / canonical.FILE: (canonical_file.CANONICAL, {}, str),
    BUILTIN_VOCABULARY / canonical.ALGORITHMS: (canonical_file.ALGORITHM_FILE, names(), str),
    BUILTIN_VOCABULARY / mechanisms.FILE: (MECHANISMS_FILE, names(), mechanisms.build),
    BUILTIN_VOCABULARY / "fingerprints.yaml": (FINGERPRINTS, names(), str),
    BUILTIN_VOCABULARY / "generic.yaml": (GENERIC_FILE, names(), str),
    RULES / "catalogue.yaml": (CATALOGUE_FILE, {}, str),
    RULES / "derived.yaml": (DERIVED_FILE, DERIVING, lambda plain: build_derived([plain])),
    RULES / "facts.yaml": (FACTS_FILE, KNOWN.names, build_facts),
    RULES / "prescriptions.yaml": (BOOK_FILE, KNOWN.names, str),
    RULES / "references.yaml": (SOURCES_FILE, {}, str),
    RULES / "policy.yaml": (POLICY_FILE, JUDGING, build_policy),
    RULES / "compare.yaml": (COMPARE_FILE, JUDGING, compare.build),
    RULES / "envelope.yaml": (ENVELOPE_FILE, JUDGING, envelope.build),
    RULES / "differential.yaml": (DIFFERENTIAL_FILE, {}, differential.build),
    validation.FILE: (validation.CRITERIA_FILE, {}, str),
    measurable.FILE: (measurable.LOGGED_FILE, names(), str),
    snippets.FILE: (snippets.SNIPPETS, names(), str),
    task_names.FILE: (task_names.NAMES_FILE, {}, str),
    scales.FILE: (scales.CRITERIA_FILE, {}, str),
}
for _table in sorted((BUILTIN_VOCABULARY / canonical.FRAMEWORKS).glob("*.yaml")):
    FORMS[_table] = (TABLE, names(), lambda plain: build_table(plain, FrameworkTable("")))

# One of each kind of part is enough of the rules: their form is one, and each has its own tests.
RULE_FILES = [
    RULES / "logging" / "constant-or-dead-metric.yaml",
    RULES / "entropy" / "alpha-runaway.yaml",
    RULES / "policy-update" / "policy-frozen.yaml",
]
WRONG: tuple[Any, ...] = (7, True, None, [], {}, "zzz", ["zzz"], {"zzz": 1}, [[]], float("nan"), {3: 4})
MISSPELT = "zqx"


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of everything in a file."""
    yield at
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, entry in entries:
        yield from places(entry, (*at, key))


def renamed(value: Any, place: tuple[Any, ...]) -> Any:
    """The value with the key at ``place`` misspelt, where it stands; all but the way to it is shared."""
    first, *rest = place
    if rest:
        return replaced(value, (first,), renamed(value[first], tuple(rest)))
    return {f"{key}{MISSPELT}" if key == first else key: entry for key, entry in value.items()}


def replaced(value: Any, place: tuple[Any, ...], wrong: Any) -> Any:
    """The value with another one at ``place``; all but the way to it is shared."""
    first, *rest = place
    made = copy.copy(value)
    made[first] = replaced(value[first], tuple(rest), wrong) if rest else wrong
    return made


def judged(tree: Tree, value: Any, form: Form) -> list[Problem]:
    """The problems of a changed file; where there are none its typed objects are made."""
    kind, known, build = form
    sheet = Sheet(Tree(tree.name, value, tree.starts, tree.keys, tree.exact), known)
    plain = check(sheet, kind)
    if not sheet.problems:
        build(plain)
    return sheet.problems


def thinned(found: list[tuple[Any, ...]], most: int = 150) -> list[tuple[Any, ...]]:
    """Evenly chosen places: long tables repeat the same few kinds of rows."""
    return found[:: max(1, len(found) // most)]


@every("path", FORMS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_file_itself_has_no_problem(path: Path) -> None:
    tree = load_tree(path)
    assert judged(tree, tree.value, FORMS[path]) == []


# What may be called anything: a tag, a key of a framework, an alias, a word of a list, an attribute, a kind.
FREE = {
    "let",
    "contexts",
    "metrics",
    "config",
    "names",
    "attributes",
    "settings",
    "plurals",
    "statistics",
    "constants",
    "thresholds",
    "facts",
    "mechanisms",
    "prescriptions",
    "references",
    "families",
    "kinds",
    "probes",
}


@every("path", FORMS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_misspelt_key_is_told_with_its_place(path: Path) -> None:
    tree = load_tree(path)
    keys = [place for place in places(tree.value) if place and isinstance(place[-1], str)]
    for place in thinned(keys):
        found = judged(tree, renamed(tree.value, place), FORMS[path])
        free = len(place) > 1 and (place[-2] in FREE or path.name in ("canonical.yaml", "catalogue.yaml"))
        free |= path.name == "derived.yaml" and len(place) == 2
        assert found or free, place
        for problem in found:
            assert problem.line > 0, (place, problem)
            assert problem.column > 0, (place, problem)


@every("path", FORMS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_value_of_another_type_is_a_problem_or_legal(path: Path) -> None:
    tree = load_tree(path)
    told = 0
    for place in thinned([place for place in places(tree.value) if place], 60):
        for wrong in WRONG:
            found = judged(tree, replaced(tree.value, place, wrong), FORMS[path])
            told += bool(found)
            assert all(problem.line > 0 and problem.text for problem in found), (place, wrong)
    assert told, "no change was noticed"


@every("path", [*FORMS, *RULE_FILES], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_key_that_stands_twice_is_told(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    tree = parse_tree("\n".join(lines), path.name)
    for place, (line, column) in tree.keys.items():
        if len(place) != 1:
            continue
        again = [*lines, f"{' ' * (column - 1)}{place[0]}: 1"]
        with pytest.raises(RuleError, match=f"stands here twice .first in line {line}."):
            parse_tree("\n".join(again), path.name)


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_typo_in_a_rule_is_told_with_its_place(path: Path) -> None:
    tree = load_tree(path)
    free = {"let", "thresholds", "measure", "fixes", "each", "defaults", "metrics"}
    for place in (one for one in places(tree.value) if one and isinstance(one[-1], str)):
        found = rule_problems(tree, renamed(tree.value, place), path)
        assert found or (len(place) > 1 and place[-2] in free), place
        assert all(problem.line > 0 for problem in found), place
    for place in thinned([one for one in places(tree.value) if one], 60):
        for wrong in WRONG:
            rule_problems(tree, replaced(tree.value, place, wrong), path)


def rule_problems(tree: Tree, value: Any, path: Path) -> list[Problem]:
    sheet = RuleSheet(Tree(str(path), value, tree.starts, tree.keys, tree.exact), KNOWN.names)
    plain = check(sheet, RULE)
    prescribe(plain, sheet, BOOK)
    cite(plain, sheet, SOURCES)
    expanded = expand(plain, sheet)
    rule = with_shared(build_rule(plain, path), SHARED)
    if isinstance(value, dict):
        check_rule(rule, sheet, KNOWN, expanded)
    return sheet.problems


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_typo_in_the_tests_of_a_rule_is_told(path: Path) -> None:
    tree = load_tree(path.with_suffix(".test.yaml"))
    form: Form = (TESTS, KNOWN.names, lambda plain: build_tests(plain, path))
    free = {"series", "config", "measure", "fixes"}
    for place in thinned([one for one in places(tree.value) if one], 150):
        if isinstance(place[-1], str):
            assert judged(tree, renamed(tree.value, place), form) or place[-2] in free, place
        for wrong in WRONG:
            judged(tree, replaced(tree.value, place, wrong), form)


@every(
    ("file", "old", "new", "said"),
    [
        ("frameworks/sbx.yaml", "scale: -1", "scal: -1", "unknown key 'scal' (did you mean 'scale'?)"),
        (
            "frameworks/sbx.yaml",
            "value_loss,",
            "value_los,",
            "unknown metric 'value_los' (did you mean 'value_loss'?)",
        ),
        (
            "frameworks/sbx.yaml",
            "{per: vf_coef",
            "{per: vf_coeff",
            "unknown knob 'vf_coeff' (did you mean 'vf_coef'?)",
        ),
        (
            "frameworks/sbx.yaml",
            "any_of: [dqn]",
            "any_of: [dqm]",
            "unknown algorithm 'dqm' (did you mean 'dqn'?)",
        ),
        ("frameworks/sbx.yaml", "extends: stable_baselines3", "extends: sb3", "unknown framework 'sb3'"),
        ("frameworks/rl_games.yaml", "axis: iterations", "axis: iteration", "unknown axis unit 'iteration'"),
        (
            "frameworks/stable_baselines3.yaml",
            "parse: budget",
            "parse: buget",
            "unknown reader of values 'buget'",
        ),
        (
            "frameworks/stable_baselines3.yaml",
            "window: 100}",
            "window: many}",
            "'window' must be a whole number",
        ),
        (
            "fingerprints.yaml",
            "- {tags: [rollout",
            "- {tag: [rollout",
            "unknown key 'tag' (did you mean 'tags'?)",
        ),
        ("canonical.yaml", 'unit: "nats"', 'units: "nats"', "unknown key 'units' (did you mean 'unit'?)"),
        ("generic.yaml", "metric: total_loss", "metric: totl_loss", "unknown metric 'totl_loss'"),
        ("generic.yaml", 'match: "log_alpha"', 'match: "log_alpha("', "no regular expression: missing )"),
    ],
)
def test_a_typo_says_what_was_expected(file: str, old: str, new: str, said: str) -> None:
    path = BUILTIN_VOCABULARY / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    line = text[: text.index(old)].count("\n") + 1
    kind, known, _ = FORMS[path]
    sheet = Sheet(parse_tree(text.replace(old, new, 1), str(path)), known)
    check(sheet, kind)
    assert any(said in str(one) and f":{line}:" in str(one) for one in sheet.problems), sheet.problems
