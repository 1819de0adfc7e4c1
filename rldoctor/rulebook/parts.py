"""The parts of a rule file, each from its YAML form to its typed form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rldoctor.language.parser import Expression
from rldoctor.model.algorithms import OFF_POLICY, ON_POLICY
from rldoctor.model.finding import Severity
from rldoctor.rulebook.fields import PLACEHOLDER, Fields
from rldoctor.rulebook.schema import (
    AppliesTo,
    CauseSpec,
    Citation,
    Edge,
    FixSpec,
    Guard,
    MeasureSpec,
    Span,
    Threshold,
    WrongAdvice,
)

ALGORITHMS = ("any", "on_policy", "off_policy", *sorted(ON_POLICY | OFF_POLICY))
STRENGTHS = ("H", "M", "L")
IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# No width or fill: a format of a gigabyte is a way to hang whoever reads the report.
NUMBER_FORMAT = re.compile(r",?(\.[0-9]{1,2})?[efg%]?")
_SPAN = re.compile(r"([0-9][0-9_]*(?:\.[0-9]+)?(?:[eE]\+?[0-9]+)?)\s*(%|steps?|points?)")
_SPAN_KINDS = {"%": "share", "step": "steps", "point": "points"}


def applies_to(rule: Fields) -> AppliesTo:
    """``applies_to``; absent means every algorithm."""
    if not rule.has("applies_to"):
        return AppliesTo()
    part = rule.inside(rule.values["applies_to"], "applies_to")
    wanted = _algorithms(part, "algorithms") or ("any",)
    found = AppliesTo(wanted, _algorithms(part, "except"))
    part.finish()
    return found


def _algorithms(part: Fields, key: str) -> tuple[str, ...]:
    names = enumerate(part.texts(key))
    return tuple(name for index, name in names if part.allowed(name, ALGORITHMS, "algorithm", key, index))


def span(rule: Fields, key: str) -> Span | None:
    """A length of training: ``8%``, ``20000 steps`` or ``10 points``."""
    text = rule.text(key)
    if not text:
        return None
    match = _SPAN.fullmatch(text)
    if match is None:
        rule.wrong(f"'{text}' is no length of training: write 8%, 20000 steps or 10 points", key)
        return None
    kind, amount = _SPAN_KINDS[match[2].rstrip("s")], float(match[1])
    if kind == "share" and amount > 100:
        rule.wrong("more than 100% of the run", key)
    return Span(kind, amount / 100 if kind == "share" else amount)


def thresholds(rule: Fields) -> dict[str, Threshold]:
    """``thresholds``: a value with unit, range and note each."""
    return {
        name: _threshold(rule.inside(entry, "thresholds", name), name)
        for name, entry in rule.entries("thresholds")
    }


def _threshold(part: Fields, name: str) -> Threshold:
    value = part.number("value", required=True)
    unit, note = part.text("unit", required=True), part.text("note", required=True)
    low, high = _range(part)
    if not low <= value <= high and value == value:
        part.wrong(f"the value {value:g} is outside its range [{low:g}, {high:g}]", "value")
    part.finish()
    return Threshold(name, value, unit, low, high, note)


def _range(part: Fields) -> tuple[float, float]:
    bounds = [one for _, one in part.items("range", required=True)]
    numbers = [float(one) for one in bounds if isinstance(one, (int, float)) and not isinstance(one, bool)]
    if len(bounds) == len(numbers) == 2 and numbers[0] < numbers[1]:
        return numbers[0], numbers[1]
    if part.values.get("range") is not None:
        part.wrong("'range' must be two numbers, the lower one first", "range")
    return float("-inf"), float("inf")


def lets(rule: Fields) -> dict[str, Expression]:
    """``let``: names and expressions, in file order."""
    return {name: rule.parsed(entry, "let", name) or PLACEHOLDER for name, entry in rule.entries("let")}


def guards(rule: Fields) -> tuple[Guard, ...]:
    """``unless``: reasons not to fire."""
    return tuple(_guard(rule.inside(entry, "unless", index)) for index, entry in rule.items("unless"))


def _guard(part: Fields) -> Guard:
    when = part.expression("when", required=True) or PLACEHOLDER
    found = Guard(identifier(part), when, part.text("says", required=True))
    part.finish()
    return found


def identifier(part: Fields) -> str:
    """The ``id`` of a guard or cause: lower-case words joined by hyphens."""
    found = part.text("id", required=True)
    if found and not IDENTIFIER.fullmatch(found):
        part.wrong(f"'{found}' must be lower-case words joined by hyphens", "id")
    return found


def levels(rule: Fields, key: str) -> tuple[tuple[Severity, Expression], ...]:
    """``escalate`` or ``reduce``: severities and the expressions that lead to them."""
    found = []
    for name, entry in rule.entries(key):
        level, expression = rule.level(name, key, name), rule.parsed(entry, key, name)
        if level is not None and expression is not None:
            found.append((level, expression))
    return tuple(found)


def measures(rule: Fields) -> dict[str, MeasureSpec]:
    """``measure``: the numbers shown, in file order."""
    return {
        name: _measure(rule.inside(entry, "measure", name), name) for name, entry in rule.entries("measure")
    }


def _measure(part: Fields, name: str) -> MeasureSpec:
    value = part.expression("value", required=True) or PLACEHOLDER
    layout = part.text("format", default=".4g")
    if not NUMBER_FORMAT.fullmatch(layout):
        part.wrong(f"'{layout}' is no number format, such as .3f", "format")
    found = MeasureSpec(name, value, part.text("unit"), layout, part.text("limit"), part.text("says"))
    part.finish()
    return found


def edges(rule: Fields) -> tuple[Edge, ...]:
    """``leads_to``: a code, or a mapping with strength, wording and condition."""
    return tuple(_edge(rule, index, entry) for index, entry in rule.items("leads_to"))


def _edge(rule: Fields, index: int, entry: object) -> Edge:
    if isinstance(entry, str):
        return Edge(entry)
    part = rule.inside(entry, "leads_to", index)
    strength = part.choice("strength", STRENGTHS, default="M")
    found = Edge(part.text("code", required=True), strength, part.text("says"), part.expression("if"))
    part.finish()
    return found


def causes(rule: Fields) -> tuple[CauseSpec, ...]:
    """``causes``, most general first."""
    return tuple(_cause(rule.inside(entry, "causes", index)) for index, entry in rule.items("causes"))


def _cause(part: Fields) -> CauseSpec:
    says, condition = part.text("says", required=True), part.expression("more_likely_if")
    found = CauseSpec(identifier(part), says, condition, part.text("rejected_says"), part.texts("fixes"))
    if found.rejected_says and not part.has("more_likely_if"):
        part.wrong("'rejected_says' without 'more_likely_if' is never said", "rejected_says", at_key=True)
    part.finish()
    return found


def fixes(rule: Fields) -> dict[str, FixSpec]:
    """``fixes`` in order of trying."""
    found = {}
    for name, entry in rule.entries("fixes"):
        if not IDENTIFIER.fullmatch(name):
            rule.wrong(f"'{name}' must be lower-case words joined by hyphens", "fixes", name, at_key=True)
        found[name] = _fix(rule.inside(entry, "fixes", name), name)
    return found


def _fix(part: Fields, name: str) -> FixSpec:
    found = FixSpec(
        id=name,
        knob=part.text("knob"),
        to=part.expression("to"),
        digits=part.whole("digits", default=2, low=1, high=15),
        needs=part.texts("needs"),
        otherwise=part.text("else"),
        text=part.text("text"),
        wordings=_wordings(part),
        because=part.text("because", required=True),
        expect=part.text("expect"),
    )
    part.finish()
    _complete(part, found)
    return found


def _wordings(part: Fields) -> Mapping[str, str]:
    found = {}
    for name, text in part.entries("in"):
        if isinstance(text, str) and text.strip():
            found[name] = text.strip()
        else:
            part.wrong("expected a sentence", "in", name)
    return found


def _complete(part: Fields, fix: FixSpec) -> None:
    """A fix must be able to say something on every run."""
    numeric = part.has("knob") and part.has("to")
    if not numeric and not fix.text:
        part.wrong("a fix needs 'knob' and 'to', or 'text'")
    if fix.needs and not fix.otherwise:
        part.wrong(
            "'needs' without 'else': what is said when the number cannot be computed?", "needs", at_key=True
        )


def afterwards(rule: Fields) -> dict[str, Any]:
    """``expect``, a text or a text with a check, as the rule's fields ``expect`` and ``expect_check``."""
    if not isinstance(rule.values.get("expect"), dict):
        return {"expect": rule.text("expect")}
    rule.has("expect")
    part = rule.inside(rule.values["expect"], "expect")
    found = {
        "expect": part.text("says", required=True),
        "expect_check": part.expression("check", required=True),
    }
    part.finish()
    return found


def wrong_advice(rule: Fields) -> tuple[WrongAdvice, ...]:
    """``wrong_advice``: what users may have read elsewhere, and why it is wrong."""
    found = []
    for index, entry in rule.items("wrong_advice"):
        part = rule.inside(entry, "wrong_advice", index)
        found.append(WrongAdvice(part.text("read", required=True), part.text("but", required=True)))
        part.finish()
    return tuple(found)


def references(rule: Fields) -> tuple[Citation, ...]:
    """``references``: title and, where there is one, address."""
    found = []
    for index, entry in rule.items("references", required=True):
        part = rule.inside(entry, "references", index)
        found.append(Citation(part.text("title", required=True), part.text("url")))
        part.finish()
    return tuple(found)
