"""A rule from the checked plain values of its file. Nothing is checked here: see ``declarations``."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from rldoctor.language.parser import Expression, parse
from rldoctor.model.finding import Severity
from rldoctor.rulebook.formula import length
from rldoctor.rulebook.schema import (
    AppliesTo,
    BeyondDoubt,
    CauseSpec,
    Citation,
    Edge,
    FixSpec,
    Guard,
    MeasureSpec,
    Rule,
    Span,
    Threshold,
    WrongAdvice,
)

_Plain = Mapping[str, Any]
# Fields of the file that a rule calls otherwise, or that become something else on the way.
_AS_THEY_ARE = ("code", "slug", "area", "title", "failure_title", "message", "passed_message")
_WHERE_GIVEN = ("unsure_title", "status", "min_points", "not_ready_says")
_TUPLES = ("requires", "requires_config", "optional", "config", "false_positives")
_LEVELS = ("cap_if_improving", "cap_if_solved")
_FORMULAS = ("when", "since", "ready")
_SPANS = {"for": "hold", "bridge": "bridge", "ignore_first": "ignore_first"}


def build(plain: _Plain, path: Path) -> Rule:
    """The rule of a file; what its plain values leave out has the default of ``schema.Rule``."""
    made: dict[str, Any] = {"slug": path.stem, "area": path.parent.name}
    made |= {key: plain[key] for key in (*_AS_THEY_ARE, *_WHERE_GIVEN) if key in plain}
    made |= {key: tuple(plain[key]) for key in _TUPLES if key in plain}
    made |= {key: Severity.parse(plain[key]) for key in _LEVELS if key in plain}
    made |= {key: parse(plain[key]) for key in _FORMULAS if key in plain}
    made |= {name: Span(*length(plain[key])) for key, name in _SPANS.items() if key in plain}
    made |= _expectation(plain.get("expect", ""))
    return Rule(
        path=str(path),
        severity=Severity.parse(plain["severity"]),
        status_stated="status" in plain,
        applies_to=_applies_to(plain.get("applies_to", {})),
        requires_one_of=tuple(tuple(group) for group in plain.get("requires_one_of", ())),
        thresholds={name: threshold(name, one) for name, one in plain.get("thresholds", {}).items()},
        let={name: parse(text) for name, text in plain.get("let", {}).items()},
        each=plain.get("each", {}),
        beyond_doubt=_beyond_doubt(plain.get("beyond_doubt")),
        unless=tuple(_guard(one) for one in plain.get("unless", ())),
        escalate=_levels(plain.get("escalate", {})),
        reduce=_levels(plain.get("reduce", {})),
        measure={name: _measure(name, one) for name, one in plain.get("measure", {}).items()},
        leads_to=tuple(edge for one in plain.get("leads_to", ()) for edge in _edges(one)),
        causes=tuple(_cause(one) for one in plain.get("causes", ())),
        fixes={name: fix(name, one) for name, one in plain.get("fixes", {}).items()},
        wrong_advice=tuple(WrongAdvice(one["read"], one["but"]) for one in plain.get("wrong_advice", ())),
        references=tuple(Citation(one["title"], one.get("url", "")) for one in plain["references"]),
        **made,
    )


def _parsed(plain: _Plain, key: str) -> Expression | None:
    return parse(plain[key]) if key in plain else None


def _applies_to(plain: _Plain) -> AppliesTo:
    return AppliesTo(tuple(plain.get("algorithms", ())) or ("any",), tuple(plain.get("except", ())))


def threshold(name: str, plain: _Plain) -> Threshold:
    """A named number from its plain form."""
    low, high = plain["range"]
    return Threshold(name, float(plain["value"]), plain["unit"], low, high, plain["note"])


def _guard(plain: _Plain) -> Guard:
    return Guard(plain["id"], parse(plain["when"]), plain["says"])


def _beyond_doubt(plain: _Plain | None) -> BeyondDoubt | None:
    if plain is None:
        return None
    severity = Severity.parse(plain["severity"]) if "severity" in plain else None
    return BeyondDoubt(
        parse(plain["when"]), plain["points"], severity, _parsed(plain, "since"), plain.get("says", "")
    )


def _levels(plain: _Plain) -> tuple[tuple[Severity, Expression], ...]:
    # A wrong level is noted where the file is checked; the rest of such a file is still looked at.
    known = {one.label for one in Severity}
    return tuple((Severity.parse(name), parse(text)) for name, text in plain.items() if name in known)


def _measure(name: str, plain: _Plain) -> MeasureSpec:
    texts = {key: plain[key] for key in ("unit", "format", "limit", "says") if key in plain}
    return MeasureSpec(name, parse(plain["value"]), **texts)


def _edges(plain: _Plain) -> Iterator[Edge]:
    """One for each code that the same holds of."""
    for code in plain["code"]:
        yield Edge(code, plain.get("strength", "M"), plain.get("says", ""), _parsed(plain, "if"))


def _cause(plain: _Plain) -> CauseSpec:
    rejected, fixes_ = plain.get("rejected_says", ""), tuple(plain.get("fixes", ()))
    likely = _parsed(plain, "more_likely_if")
    does, blames = plain.get("does", ""), tuple(plain.get("blames", ()))
    return CauseSpec(plain["id"], plain["says"], likely, rejected, fixes_, does, blames)


_FIX_FIELDS = frozenset(one.name for one in fields(FixSpec)) - {"to", "needs", "only_if", "mechanism"}


def fix(name: str, plain: _Plain) -> FixSpec:
    """A prescription from its plain form."""
    same = {key: value for key, value in plain.items() if key in _FIX_FIELDS}
    to = _parsed(plain, "to")
    return FixSpec(
        id=name,
        to=to,
        only_if=_parsed(plain, "only_if"),
        mechanism=tuple(plain.get("mechanism", ())),
        algorithms=tuple(plain.get("for", ())),
        needs=tuple(plain["needs"] if "needs" in plain else _needed(to)),
        otherwise=plain.get("else", ""),
        wordings=plain.get("in", {}),
        **same,
    )


def _needed(to: Expression | None) -> list[str]:
    """The settings that a number is made of, without those that ``coalesce`` has a substitute for."""
    return sorted(set(_settings(to.tree))) if to is not None else []


def _settings(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "coalesce":
        return
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "config":
        yield f"config.{node.attr}"
    for part in ast.iter_child_nodes(node):
        yield from _settings(part)


def _expectation(plain: Any) -> dict[str, Any]:
    """``expect``: a text, or a text with a check over the next run."""
    if isinstance(plain, str):
        return {"expect": plain}
    return {"expect": plain["says"], "expect_check": parse(plain["check"])}
