"""What must hold inside one rule: names are known and used, parts refer to parts that exist."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

from rldoctor.datafiles.sheet import Sheet
from rldoctor.errors import Problem, did_you_mean
from rldoctor.language.functions import FUNCTIONS
from rldoctor.language.parser import Expression
from rldoctor.plain_data import dataclass, replace
from rldoctor.rulebook.declarations import ACTIVE, GRID_NAMES, RESERVED
from rldoctor.rulebook.known import Known
from rldoctor.rulebook.schema import Rule
from rldoctor.rulebook.templates import check_templates, template_names
from rldoctor.yamlio import Tree, TreePath

# The kind of name that the prescriptions of a pack are.
SHARED_FIXES = "prescription"
EDGES = "leads_to"


@dataclass(frozen=True, slots=True)
class Use:
    """An expression of a rule, where it stands, and the plain names it may use."""

    place: TreePath
    expression: Expression
    allowed: frozenset[str]


def check_rule(
    rule: Rule, sheet: Sheet, known: Known, expanded: Mapping[str, TreePath] = MappingProxyType({})
) -> None:
    """Note every inconsistency of a rule in the sheet.

    ``expanded``: where in the file the lets and measures are written that ``each`` stands for.
    """
    intact = not sheet.problems
    _check_declared(rule, sheet)
    _check_shadowing(rule, sheet)
    for use in as_written(rule, sheet.tree):
        # A column inside an expression that was written for another name is no column in the file.
        place = expanded.get(str(use.place[1])) if use.place[0] in ("let", "measure") else None
        _check_use(use if place is None else replace(use, place=place), rule, sheet, known, place is None)
    _check_links(rule, sheet)
    check_templates(rule, sheet)
    if intact:
        _check_unused(rule, sheet)


def metric_names(rule: Rule) -> tuple[str, ...]:
    """Every metric that the rule declares."""
    return (*rule.requires, *(name for group in rule.requires_one_of for name in group), *rule.optional)


def uses(rule: Rule) -> Iterator[Use]:
    """Every expression of the rule, in the order of evaluation."""
    names = {*metric_names(rule), *rule.thresholds, *GRID_NAMES}
    for name, expression in rule.let.items():
        yield Use(("let", name), expression, frozenset(names))
        names.add(name)
    before = frozenset(names)
    for key in ("ready", "when", "since"):
        expression = getattr(rule, key)
        if expression is not None:
            yield Use((key,), expression, before)
    if rule.beyond_doubt is not None:
        yield Use(("beyond_doubt", "when"), rule.beyond_doubt.when, before)
        if rule.beyond_doubt.since is not None:
            yield Use(("beyond_doubt", "since"), rule.beyond_doubt.since, before)
    for index, guard in enumerate(rule.unless):
        yield Use(("unless", index, "when"), guard.when, before)
    yield from _after(rule, {*before, ACTIVE})


def as_written(rule: Rule, tree: Tree) -> Iterator[Use]:
    """The same, each once and at its place in the file, where one edge may be written for several codes."""
    edges, seen = edge_places(tree), set[TreePath]()
    for use in uses(rule):
        if use.place[0] == EDGES:
            use = replace(use, place=(*edges[int(str(use.place[1]))], *use.place[2:]))
        if use.place not in seen:
            yield use
        seen.add(use.place)


def edge_places(tree: Tree) -> list[TreePath]:
    """Where in its file each edge of a rule stands."""
    places: list[TreePath] = []
    written = tree.value.get(EDGES) if isinstance(tree.value, dict) else None
    for index, one in enumerate(written if isinstance(written, list) else ()):
        codes = one.get("code") if isinstance(one, dict) else one
        places += [(EDGES, index)] * (len(codes) if isinstance(codes, list) else 1)
    return places


def _after(rule: Rule, names: set[str]) -> Iterator[Use]:
    """The expressions that are evaluated once the condition is judged: they see the measures too."""
    for name, spec in rule.measure.items():
        yield Use(("measure", name, "value"), spec.value, frozenset(names))
        names.add(name)
    seen = frozenset(names)
    for key, pairs in (("escalate", rule.escalate), ("reduce", rule.reduce)):
        yield from (Use((key, level.label), expression, seen) for level, expression in pairs)
    for index, cause in enumerate(rule.causes):
        if cause.more_likely_if is not None:
            yield Use(("causes", index, "more_likely_if"), cause.more_likely_if, seen)
    for name, fix in rule.fixes.items():
        if fix.to is not None:
            yield Use(("fixes", name, "to"), fix.to, seen)
        if fix.only_if is not None:
            yield Use(("fixes", name, "only_if"), fix.only_if, seen)
    for index, edge in enumerate(rule.leads_to):
        if edge.when is not None:
            yield Use((EDGES, index, "if"), edge.when, seen)
    if rule.expect_check is not None:
        yield Use(("expect", "check"), rule.expect_check, seen)


def _check_use(use: Use, rule: Rule, sheet: Sheet, known: Known, as_written: bool) -> None:
    knobs = {*rule.config, *rule.requires_config}
    said = use.expression
    if said.names <= use.allowed and said.config <= knobs and said.run <= known.facts:
        return
    for node in ast.walk(said.tree):
        text = ""
        if isinstance(node, ast.Attribute):
            text = _wrong_fact(node, knobs, known)
        elif isinstance(node, ast.Name) and node.id in said.names and node.id not in use.allowed:
            text = _wrong_name(node.id, use.allowed, known)
        if text:
            offset = node.col_offset if as_written else 0  # type: ignore[attr-defined]
            sheet.wrong(text, *use.place, offset=offset)


def _wrong_fact(node: ast.Attribute, knobs: Collection[str], known: Known) -> str:
    """What is wrong with ``config.x`` or ``run.x``; empty when nothing is."""
    assert isinstance(node.value, ast.Name)
    if node.value.id == "run":
        return "" if node.attr in known.facts else f"unknown run.{node.attr}{_guess(node.attr, known.facts)}"
    if node.attr in knobs:
        return ""
    if node.attr in known.knobs:
        return f"config.{node.attr} is used but not declared: add '{node.attr}' to 'config'"
    return f"unknown config.{node.attr}{_guess(node.attr, known.knobs)}"


def _wrong_name(name: str, allowed: Collection[str], known: Known) -> str:
    if name in known.metrics:
        return f"the metric '{name}' is used but not declared: add it to 'requires' or 'optional'"
    if name in known.knobs:
        return f"unknown name '{name}': a knob is written config.{name}"
    return f"unknown name '{name}'{_guess(name, allowed)}"


def _guess(name: str, known: Collection[str]) -> str:
    return did_you_mean(name, sorted(known))


def _check_declared(rule: Rule, sheet: Sheet) -> None:
    """Metrics and knobs are declared once; that they exist is part of the form of the file."""
    seen: set[str] = set()
    for place, name in _declared_metrics(rule):
        if name in seen:
            sheet.wrong(f"the metric '{name}' is declared twice", *place)
        seen.add(name)
    for index, name in enumerate(rule.config):
        if name in rule.requires_config:
            sheet.wrong(f"the knob '{name}' is declared twice", "config", index)


def _declared_metrics(rule: Rule) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for key in ("requires", "optional"):
        yield from (((key, index), name) for index, name in enumerate(getattr(rule, key)))
    for outer, group in enumerate(rule.requires_one_of):
        yield from ((("requires_one_of", outer, inner), name) for inner, name in enumerate(group))


def _check_shadowing(rule: Rule, sheet: Sheet) -> None:
    """A name means one thing."""
    taken = {
        **dict.fromkeys(RESERVED, "a word of the language"),
        **dict.fromkeys(metric_names(rule), "a metric"),
    }
    for key, what in (("thresholds", "a threshold"), ("let", "a 'let'"), ("measure", "a measure")):
        for name in getattr(rule, key):
            if key == "measure" and (name in FUNCTIONS or rule.measure[name].value.text == name):
                continue  # a measure may be called like a function, and may show a 'let' under its own name
            if not name.isidentifier() or not name.isascii() or name.startswith("_"):
                sheet.wrong(f"'{name}' is not a usable name: letters, digits and _", key, name, at_key=True)
            if name in taken:
                sheet.wrong(f"the name '{name}' is already {taken[name]}", key, name, at_key=True)
            taken[name] = what


def _check_links(rule: Rule, sheet: Sheet) -> None:
    """Limits, fixes and needs that are referred to exist."""
    for name, spec in rule.measure.items():
        if spec.limit and spec.limit not in rule.thresholds:
            sheet.wrong(
                f"unknown threshold '{spec.limit}'{_guess(spec.limit, rule.thresholds)}",
                "measure",
                name,
                "limit",
            )
    known = {*rule.fixes, *sheet.names.get(SHARED_FIXES, ())}
    for index, cause in enumerate(rule.causes):
        for place, fix in enumerate(cause.fixes):
            if fix not in rule.fixes:
                sheet.wrong(f"unknown fix '{fix}'{_guess(fix, known)}", "causes", index, "fixes", place)
    for name, spec_ in rule.fixes.items():
        unsure = {one.removeprefix("config.") for one in spec_.needs} - {*rule.requires_config}
        if unsure and not (spec_.otherwise or spec_.text):
            text = f"what is said where {' or '.join(sorted(unsure))} is not known? Write 'else'"
            sheet.wrong(text, "fixes", name, at_key=True)
        for place, need in enumerate(spec_.needs):
            if need not in _can_be_needed(rule):
                sheet.wrong(
                    f"unknown name '{need}'{_guess(need, _can_be_needed(rule))}",
                    "fixes",
                    name,
                    "needs",
                    place,
                )
    _check_ids(rule, sheet)


def _can_be_needed(rule: Rule) -> set[str]:
    knobs = {f"config.{name}" for name in (*rule.config, *rule.requires_config)}
    return {*metric_names(rule), *rule.thresholds, *rule.let, *rule.measure, *knobs}


def _check_ids(rule: Rule, sheet: Sheet) -> None:
    for key in ("unless", "causes"):
        ids = [part.id for part in getattr(rule, key)]
        for index, name in enumerate(ids):
            if name in ids[:index]:
                sheet.wrong(f"the id '{name}' stands here twice", key, index, "id")


def _check_unused(rule: Rule, sheet: Sheet) -> None:
    """Everything declared takes part: an unused threshold is a number that decides nothing."""
    names, knobs = used(rule)
    for key in ("thresholds", "let"):
        for name in getattr(rule, key):
            if name not in names:
                sheet.wrong(f"'{name}' is not used", key, name, at_key=True)
    for place, name in _declared_metrics(rule):
        if name not in names and place != ("requires", 0):
            sheet.wrong(f"the metric '{name}' is declared but not used", *place)
    for key in ("requires_config", "config"):
        for index, name in enumerate(getattr(rule, key)):
            if name not in knobs:
                sheet.wrong(f"the knob '{name}' is declared but not used", key, index)


def used(rule: Rule) -> tuple[set[str], set[str]]:
    """Plain names and knobs that some expression, template, limit or need refers to."""
    names = {spec.limit for spec in rule.measure.values()} | template_names(rule)
    knobs = {name.removeprefix("config_") for name in names if name.startswith("config_")}
    for use in uses(rule):
        names |= use.expression.names
        knobs |= use.expression.config
    for fix in rule.fixes.values():
        names |= set(fix.needs)
        knobs |= {fix.knob} | {need.removeprefix("config.") for need in fix.needs}
    return names, knobs


def with_settings(rule: Rule, known: Known) -> Rule:
    """The rule with every knob that it names among its ``config``: one that is no knob is a problem there."""
    declared = {*rule.config, *rule.requires_config}
    named = _named_settings(rule)
    return replace(rule, config=(*rule.config, *sorted(named & known.knobs - declared)))


def _named_settings(rule: Rule) -> set[str]:
    """The knobs of which a rule needs the value; one that a fix merely sets is none."""
    needs = {need for fix in rule.fixes.values() for need in fix.needs if need.startswith("config.")}
    return {
        *(knob for use in uses(rule) for knob in use.expression.config),
        *(name.removeprefix("config_") for name in template_names(rule) if name.startswith("config_")),
        *(need.removeprefix("config.") for need in needs),
    }


UNWRITTEN = "TODO"


def unwritten(tree: Tree) -> list[Problem]:
    """A problem for every text of the file that begins with ``TODO``."""
    return [
        tree.problem(
            place, f"still to be written: {text.removeprefix(UNWRITTEN).lstrip(': ') or 'this text'}"
        )
        for place, text in _texts(tree.value, ())
        if text.startswith(UNWRITTEN)
    ]


def _texts(value: object, place: TreePath) -> Iterator[tuple[TreePath, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _texts(entry, (*place, key))
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _texts(entry, (*place, index))
