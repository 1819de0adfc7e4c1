"""Numbers and sentences: formatting measures, filling message templates, wording prescriptions."""

from __future__ import annotations

import math
import string
from collections.abc import Mapping

from rldoctor.audit.sight import assumed
from rldoctor.model.finding import Measure, Prescription
from rldoctor.model.numbers import in_format, number_text, singular
from rldoctor.model.run import Run, Wording
from rldoctor.patterns import pattern
from rldoctor.rulebook.schema import FixSpec

DEFAULT_FORMAT = ".4g"
# The word for a number that could not be had, as ``number_text`` has it.
UNKNOWN = "unknown"
# Square brackets around at least one field.
_OPTIONAL = pattern(r"\[([^\[\]]*\{[^\[\]]*)\]")
# Round ones behind a word, no call of a function.
_ASIDE = pattern(r"\s\(([^()\[\]]*\{[^()\[\]]*)\)")


def formatted(value: float, spec: str) -> str:
    """A measured value in the format its rule asks for; the default format is that of every number."""
    plain = spec == DEFAULT_FORMAT or not math.isfinite(value)
    return number_text(value) if plain else in_format(value, spec)


def step_text(step: float | None) -> str:
    """A step for people."""
    # The report's word for it; NaN is a word of programmers.
    return UNKNOWN if step is None else f"{step:,.0f}"


class _Blank(dict[str, str]):
    """Template fields: an unknown one reads ``unknown`` (templates are checked when rules are loaded)."""

    def __missing__(self, key: str) -> str:
        return UNKNOWN


def fill(template: str, measures: Mapping[str, Measure], extra: Mapping[str, str]) -> str:
    """``template`` with ``{measure}`` fields replaced by their formatted value and unit-free text.

    A part in square brackets that has a field is left out where one of its fields is not known, so that a
    sentence says what was measured and nothing else; brackets without a field are text. Of what stands in
    round ones the parts between semicolons that are not known are left out.
    """
    fields = _Blank({name: measure.text for name, measure in measures.items()})
    fields.update(extra)
    return _told(template, fields)


def _told(template: str, fields: _Blank) -> str:
    known = _OPTIONAL.sub(lambda part: _known_part(part[1], fields), template)
    known = _ASIDE.sub(lambda part: _known_aside(part[1], fields), known)
    return singular(known.format_map(fields).strip())


def _known_aside(text: str, fields: _Blank) -> str:
    """What is said in brackets, without the parts between semicolons that hold a field that is not known."""
    told = [part for part in text.split("; ") if _known_part(part, fields)]
    return f" ({'; '.join(told)})" if told else ""


def _known_part(text: str, fields: _Blank) -> str:
    """The text where each of its fields is known, else nothing."""
    names = [name for _, name, _, _ in string.Formatter().parse(text) if name]
    return text if all(fields[name] != UNKNOWN for name in names) else ""


def prescription(spec: FixSpec, target: float | None, run: Run, fields: Mapping[str, str]) -> Prescription:
    """A fix in the words and units of the user's framework.

    ``target`` is the recommended value in the canonical unit, or None when the run does not hold what the
    quantified form needs: then the unquantified wording is used.
    """
    word = run.wording.get(spec.knob) or Wording(spec.knob)
    knob = run.config.get(spec.knob)
    now = number_or_text(knob.written) if knob is not None else ""
    to = number_text(word.to_user(target)) if target is not None else ""
    filled = _Blank({**fields, "key": word.key, "now": now or UNKNOWN, "to": to or UNKNOWN})
    return Prescription(
        id=spec.id,
        text=_told(_sentence(spec, target, run, filled), filled),
        knob=spec.knob,
        key=word.key if spec.knob else "",
        now=now,
        to=to,
        to_number=target,
        because=_told(spec.because, filled),
        expect=_told(spec.expect, filled),
        assumed=assumed(knob) and bool(now),
    )


def _sentence(spec: FixSpec, target: float | None, run: Run, fields: Mapping[str, str]) -> str:
    # A rule that prescribes a number and cannot compute it here falls back to words. It never prescribes a
    # default: that would be advice about some other run.
    if spec.knob and spec.to is not None and target is None:
        return spec.otherwise or spec.text
    # The framework's own line before the general sentence: users copy it.
    if run.framework in spec.wordings:
        return spec.wordings[run.framework]
    if spec.text:
        return spec.text
    return "Set {key} to {to} (now {now})." if fields["now"] != UNKNOWN else "Set {key} to {to}."


def number_or_text(value: object) -> str:
    """A configuration value as the user would recognise it."""
    # bool first, since Python's True is the integer 1 and would read `1`.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:g}" if isinstance(value, float) else f"{value:,}"
