"""What a rule's code means, in words: for the reader of a report who has nothing but the report.

A finding of a pack that is not the built-in one is told by what it brings along itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from rldoctor.model.finding import Diagnosis, Finding
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass
from rldoctor.report.clean import clean
from rldoctor.report.numbers import number
from rldoctor.rulebook.schema import FixSpec, Rule

_FIELD = pattern(r"\{([^{}:!]*)[^{}]*\}")
CODE = pattern(r"\b[A-Z][A-Z0-9]*-[A-Z0-9]+\b")
# A part that is left out where one of its fields is not known.
_OPTIONAL = pattern(r"\[([^\[\]]*\{[^\[\]]*)\]")
_SCORES = {"1", ""}


@dataclass(frozen=True, slots=True)
class RuleText:
    """One rule, plain text already cleaned.

    ``means``: what goes wrong; ``leads``: to which other rules; ``looks``: what is measured, with its limit;
    ``quiet``: when it does not fire though the condition holds; ``wrong``: how often it was wrong, and when.
    """

    code: str
    title: str
    level: str
    means: tuple[str, ...] = ()
    leads: tuple[str, ...] = ()
    looks: tuple[str, ...] = ()
    condition: str = ""
    quiet: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    references: tuple[tuple[str, str], ...] = ()


def texts_of(diagnoses: Sequence[Diagnosis]) -> dict[str, RuleText]:
    """The text of every rule that some run was held against, by code, in the order of the codes."""
    found = {finding.code: _of_finding(finding) for one in diagnoses for finding in _findings(one)}
    builtin = builtin_rules()
    codes = {result.code for one in diagnoses for result in one.results} | set(found)
    texts = {code: text_of(builtin[code], builtin) if code in builtin else found.get(code) for code in codes}
    # A pack may call its rules anything; only what is a code becomes an address in a page.
    return {code: text for code, text in sorted(texts.items()) if text is not None and CODE.fullmatch(code)}


def _findings(diagnosis: Diagnosis) -> Iterator[Finding]:
    for root in diagnosis.roots:
        yield from (root.finding, *root.explains)


@lru_cache(maxsize=1)
def builtin_rules() -> Mapping[str, Rule]:
    """The built-in rules by code; empty where they cannot be read."""
    from rldoctor.rulebook.builtin import builtin_pack

    return {rule.code: rule for rule in builtin_pack().rules}


def text_of(rule: Rule, others: Mapping[str, Rule]) -> RuleText:
    """A rule as text; ``others``: the rules that it may lead to, for their titles."""
    return RuleText(
        clean(rule.code),
        clean(rule.failure_title),
        rule.severity.label,
        (plain(_always(rule.message)),),
        tuple(_leads(rule, others)),
        tuple(_looks(rule)),
        " ".join(rule.when.text.split()),
        tuple(plain(guard.says) for guard in rule.unless if guard.says),
        tuple(plain(_always(cause.says)) for cause in rule.causes),
        tuple(dict.fromkeys(map(_fix, rule.fixes.values()))),
        tuple(_wrong(rule)),
        tuple((clean(one.title), clean(one.url)) for one in rule.references),
    )


def plain(text: str) -> str:
    """A template as a reader sees it without a run: ``{lr_implied:.2g}`` is ``[lr implied]``."""
    told = _OPTIONAL.sub(r"\1", text)
    return clean(_FIELD.sub(lambda found: f"[{found[1].lstrip('_').replace('_', ' ').strip()}]", told))


def _always(template: str) -> str:
    """What a message says of every run; where that is nothing, the first thing that it may say."""
    told = _OPTIONAL.sub("", template).strip()
    first = _OPTIONAL.search(template)
    return told if first is None or len(told) > len(".") else first[1]


def _fix(fix: FixSpec) -> str:
    """A change in words; of a setting that gets a number the way that it goes, and why."""
    if fix.text or fix.otherwise:
        return plain(fix.text or fix.otherwise)
    verb = {"lower": "Lower", "raise": "Raise"}.get(fix.direction, "Set")
    return f"{verb} {clean(fix.knob)}{f': {plain(fix.because)}' if fix.because else '.'}"


def _leads(rule: Rule, others: Mapping[str, Rule]) -> Iterator[str]:
    # A rule may lead to another in several ways: one of them is enough to know that it does.
    for edge in {edge.code: edge for edge in rule.leads_to}.values():
        title = f" {clean(others[edge.code].failure_title)}" if edge.code in others else ""
        yield f"{edge.code}{title}{f': {clean(edge.says)}' if edge.says else ''}"


def _looks(rule: Rule) -> Iterator[str]:
    """What is measured, in the rule's own words, each with the limit that it is held against."""
    for name, spec in rule.measure.items():
        said = clean(spec.says or name.replace("_", " "))
        one = rule.thresholds.get(spec.limit)
        unit = "" if one is None or one.unit in _SCORES else f" {clean(one.unit)}"
        yield said if one is None else f"{said}: limit {number(one.value)}{unit} ({clean(one.note)})"


def _wrong(rule: Rule) -> Iterator[str]:
    if rule.measured is not None:
        yield f"{rule.measured.status}; {rule.measured.sentence}"
    else:
        yield "not yet measured on labelled runs"
    yield from map(clean, rule.false_positives)


def _of_finding(finding: Finding) -> RuleText:
    known = () if finding.measured is None else (f"{finding.measured.status}; {finding.measured.sentence}",)
    return RuleText(
        clean(finding.code),
        clean(finding.title),
        finding.severity.label,
        causes=tuple(clean(cause.text) for cause in finding.causes),
        fixes=tuple(clean(one.text) for one in finding.prescriptions),
        wrong=(*known, *map(clean, finding.false_positives)),
        references=tuple((clean(title), clean(url)) for title, url in finding.references),
    )


def codes_in(text: str, known: Iterable[str]) -> list[tuple[str, bool]]:
    """A text in pieces, each with whether it is the code of a known rule."""
    names, pieces, end = set(known), [], 0
    for found in CODE.finditer(text):
        if found[0] in names:
            pieces += [(text[end : found.start()], False), (found[0], True)]
            end = found.end()
    return [piece for piece in (*pieces, (text[end:], False)) if piece[0]]
