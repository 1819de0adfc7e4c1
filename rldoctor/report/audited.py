"""The audit in reports: what the log says of the settings, as rows of clean text and as plain data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rldoctor.model.audit import AuditRow, AuditVerdict
from rldoctor.report.clean import clean
from rldoctor.report.numbers import finite, number

WORDS = {
    AuditVerdict.AGREES: "agrees",
    AuditVerdict.CONTRADICTS: "contradicts",
    AuditVerdict.IMPLIED: "",
    AuditVerdict.CANNOT_TELL: "cannot tell",
}
MECHANISM = "0 or 1"


def contradictions(rows: Sequence[AuditRow]) -> list[AuditRow]:
    """The rows that a reader must see: settings without effect as written, absent mechanisms.

    A library's default that the log refutes is no contradiction: nobody asked for it.
    """
    return [one for one in rows if _wrong(one)]


def _wrong(one: AuditRow) -> bool:
    """Whether a reader must see it: a setting that is not in effect as written, a mechanism that is absent.

    A library's default that the log refutes is no contradiction: nobody asked for it.
    """
    absent = one.unit == MECHANISM and one.best == 0 and not math.isnan(one.low)
    return absent or (one.contradicted and not one.assumed)


def implied(one: AuditRow) -> str:
    """The implied value with its interval: ``0.43 to 0.5``, ``at least 0.0007``, ``yes``."""
    if one.unit == MECHANISM:
        return "no" if one.best == 0 else "yes"
    low, high = one.low, one.high
    if math.isnan(high) and math.isnan(low):
        return ""
    if math.isnan(high):
        return f"at least {number(low)}"
    if math.isnan(low):
        return f"at most {number(high)}"
    return number(one.best) if number(low) == number(high) else f"{number(low)} to {number(high)}"


def configured(one: AuditRow) -> str:
    """The configured value, marked where it is a default that no log states."""
    if one.configured is None:
        return ""
    return f"{number(one.configured)}{' (assumed)' if one.assumed else ''}"


def sentence(one: AuditRow) -> str:
    """One line: ``learning rate of the policy: at least 0.0007 by the log, configured 0.0003``."""
    if one.unit == MECHANISM:
        said = one.absent if one.best == 0 and one.absent else f"{one.title}: {implied(one)}"
        return clean(f"{said} ({one.arithmetic})")
    held = f", configured {configured(one)}" if one.configured is not None else ""
    where = f" ({one.source})" if one.source and not one.assumed else ""
    return clean(f"{one.title}: {implied(one)} by the log{held}{where}; {one.arithmetic}")


def row(one: AuditRow) -> dict[str, str]:
    """One row of a table, every cell clean text."""
    return {
        "name": clean(one.name),
        "title": clean(one.title),
        "configured": clean(configured(one)),
        "source": clean(one.source),
        "implied": clean(implied(one)),
        "unit": "" if one.unit in ("1", MECHANISM) else clean(one.unit),
        "verdict": WORDS[one.verdict],
        "wrong": "yes" if _wrong(one) else "",
        "arithmetic": clean(one.arithmetic),
    }


def document(one: AuditRow) -> dict[str, Any]:
    """One row as plain data; numbers that are not known are None."""
    return {
        "name": one.name,
        "title": one.title,
        "unit": one.unit,
        "verdict": one.verdict.value,
        "best": finite(one.best),
        "low": finite(one.low),
        "high": finite(one.high),
        "configured": one.configured,
        "source": one.source,
        "assumed": one.assumed,
        "arithmetic": one.arithmetic,
        "steps": None if one.steps is None else list(one.steps),
        "points": one.points,
    }
