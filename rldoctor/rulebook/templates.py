"""Message templates of a rule: plain ``{name}`` fields, each of which must exist."""

from __future__ import annotations

import re
import string
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from rldoctor.errors import did_you_mean
from rldoctor.rulebook.schema import WHICH, Rule

if TYPE_CHECKING:
    from rldoctor.datafiles.sheet import Sheet

# What the engine supplies besides measures and thresholds.
TERMS = frozenset(
    {"term_largest", "term_first", "terms_jumped_names", "terms_still_names", "terms_charged_names"}
)
SITUATION = TERMS | {"interval", "onset", "slug", "tag", "task", "published"}
PRESCRIBED = frozenset({"key", "now", "to"})
KNOB_PREFIX = "config_"

_Keys = tuple[str | int, ...]


def templates(rule: Rule) -> Iterator[tuple[_Keys, str, bool]]:
    """Place, text, and whether it belongs to a fix, of every template."""
    for key in ("message", "passed_message", "not_ready_says"):
        yield (key,), getattr(rule, key), False
    if rule.beyond_doubt is not None:
        yield ("beyond_doubt", "says"), rule.beyond_doubt.says, False
    for index, guard in enumerate(rule.unless):
        yield ("unless", index, "says"), guard.says, False
    for index, cause in enumerate(rule.causes):
        yield ("causes", index, "says"), cause.says, False
        yield ("causes", index, "rejected_says"), cause.rejected_says, False
    for name, fix in rule.fixes.items():
        for key, text in (
            ("else", fix.otherwise),
            ("text", fix.text),
            ("because", fix.because),
            ("expect", fix.expect),
        ):
            yield ("fixes", name, key), text, True
        for framework, text in fix.wordings.items():
            yield ("fixes", name, "in", framework), text, True


def template_names(rule: Rule) -> set[str]:
    """Every field that a template of the rule uses."""
    return {name for _, text, _ in templates(rule) for name in _fields(text)}


def check_templates(rule: Rule, sheet: Sheet) -> None:
    """Note every template that could not be filled."""
    common = {*rule.measure, *rule.thresholds, *(block + WHICH for block in rule.each)}
    knobs = {KNOB_PREFIX + name for name in (*rule.config, *rule.requires_config)}
    for place, text, prescribes in templates(rule):
        allowed = common | (PRESCRIBED | knobs if prescribes else SITUATION)
        trouble = _trouble(text, allowed) or _may_be_unknown(text, place, rule)
        if trouble:
            sheet.wrong(trouble, *place)


_OPTIONAL_PART = re.compile(r"\[[^\[\]]*\]")


def _may_be_unknown(text: str, place: _Keys, rule: Rule) -> str:
    """A setting that a prescription names though it may not be known, so that its clause must be left out."""
    fix = rule.fixes.get(str(place[1])) if place[0] == "fixes" else None
    if fix is None:
        return ""
    # The wording for a run that lacks what the fix needs has no more than what the rule itself needs.
    needed = () if place[-1] == "else" else fix.needs
    sure = {*rule.requires_config, *(one.removeprefix("config.") for one in needed)}
    for name in _fields(_OPTIONAL_PART.sub("", text)):
        knob = name.removeprefix(KNOB_PREFIX)
        if name != knob and knob not in sure:
            return f"'{{{name}}}' may be unknown: put its clause in square brackets, or {knob} into 'needs'"
    return ""


def _fields(text: str) -> list[str]:
    """The field names of a template; none when its braces do not match."""
    try:
        return [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
    except ValueError:
        return []


def _trouble(text: str, allowed: Collection[str]) -> str:
    """The first thing that is wrong with a template, or an empty text."""
    try:
        found = list(string.Formatter().parse(text))
    except ValueError as error:
        return f"the braces of this text do not match ({error}); a literal brace is written twice"
    for _, name, layout, conversion in found:
        if name is None:
            continue
        if layout or conversion:
            return f"'{{{name}}}' takes no format here: it belongs into the measure's 'format'"
        if name not in allowed:
            return f"unknown field '{{{name}}}'{did_you_mean(name, sorted(allowed))}"
    return ""
