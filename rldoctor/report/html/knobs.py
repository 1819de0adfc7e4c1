"""The table of hyperparameters: what it is now, what is recommended, what the reference runs had."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rldoctor.model.config import Knob
from rldoctor.model.finding import Diagnosis, Prescription
from rldoctor.report.clean import clean
from rldoctor.report.numbers import number
from rldoctor.report.todo import Fix

# Settings that say what is trained and for how long, not how.
_IDENTITY = frozenset({"seed", "env_id", "algo"})


def knob_rows(diagnosis: Diagnosis, fixes: Sequence[Fix]) -> list[dict[str, str]]:
    """One row per known setting: those to change first, the order of the log otherwise."""
    rows = [_row(knob, _wanted(knob, fixes), diagnosis) for knob in diagnosis.run.config.knobs.values()]
    return sorted(rows, key=lambda row: not row["to"])


def _wanted(knob: Knob, fixes: Sequence[Fix]) -> Prescription | None:
    return next(
        (one.prescription for one in fixes if one.prescription.knob == knob.name and one.prescription.to),
        None,
    )


def _row(knob: Knob, wanted: Prescription | None, diagnosis: Diagnosis) -> dict[str, str]:
    value = knob.value
    numeric = isinstance(value, float | int) and not isinstance(value, bool)
    written = clean(knob.written)
    same = written == clean(value) or _equal(knob.written, value)
    reference, agrees = _reference(knob, diagnosis)
    return {
        "key": clean(knob.key or knob.name),
        "name": clean(knob.name),
        "now": written,
        "canonical": "" if same else (number(float(value)) if numeric else clean(value)),
        "to": clean(wanted.to) if wanted else "",
        "word": _word(knob, wanted, agrees),
        "reference": reference,
        "source": clean(knob.source),
        "note": clean(knob.note),
    }


def _word(knob: Knob, wanted: Prescription | None, agrees: bool | None) -> str:
    """The judgement in words. A setting that no rule asked to change is not thereby good."""
    if wanted is not None:
        now, to = knob.number(), wanted.to_number
        if now is None or to is None or not math.isfinite(to) or now == to or isinstance(knob.value, bool):
            return "change"
        return "too small" if now < to else "too large"
    if knob.name in _IDENTITY:
        return ""
    return "ok, as the reference" if agrees else "no finding"


def _reference(knob: Knob, diagnosis: Diagnosis) -> tuple[str, bool | None]:
    """What every run of the reference had, in the canonical unit, and whether this run has the same."""
    view = diagnosis.reference
    agreed = view.envelope.config if view.envelope is not None and view.used else {}
    if knob.name not in agreed or knob.name in _IDENTITY:
        return "", None
    theirs = agreed[knob.name]
    plain = isinstance(theirs, float | int) and not isinstance(theirs, bool)
    return number(float(theirs)) if plain else clean(theirs), _equal(theirs, knob.value)


def _equal(one: object, other: object) -> bool:
    """Whether two values are the same setting (1e6 and 1000000 are)."""
    if isinstance(one, float | int) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=1e-9)
    return clean(one) == clean(other)
