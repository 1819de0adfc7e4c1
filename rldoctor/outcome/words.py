"""The arithmetic of a judgement as sentences, for any report."""

from __future__ import annotations

import math

from rldoctor.model.numbers import number_text
from rldoctor.model.outcome import Budget, Curve, CurveLevel, CurveOutcome, OutcomeKind
from rldoctor.outcome.criteria import Criteria
from rldoctor.outcome.rows import Rows

DID = {
    OutcomeKind.RISING: "still rising",
    OutcomeKind.KEPT: "rose and was kept",
    OutcomeKind.LOST: "rose and was lost again",
    OutcomeKind.FELL: "fell below where it began",
    OutcomeKind.FLAT: "no material change",
    OutcomeKind.SWINGING: "swings up and down without a trend",
    OutcomeKind.SOLVED: "solved",
    OutcomeKind.EARLY: "too early to tell",
}
"""What a curve did, said behind its numbers or its name."""
# A class of less probability is not worth a word.
_WORTH_SAYING = 0.05


def too_early(curve: Curve, rows: Rows, budget: Budget, criteria: Criteria) -> str:
    """Why the curve is too young for bad news; empty when it is not, or nothing is known of its budget."""
    last = float(rows.steps[-1]) if rows.size else 0.0
    if budget.warmup is not None and last < criteria["warmup_factor"] * budget.warmup:
        return f"{_steps(last, curve)}, of which {number_text(budget.warmup)} were warm-up without an update"
    if budget.minimum is not None and last < budget.minimum:
        return f"{_steps(last, curve)}, but {number_text(budget.minimum)} are known to be needed"
    if budget.random is not None and budget.random > criteria["random_share"]:
        return f"{budget.random:.0%} of the actions are still random"
    return ""


def _steps(last: float, curve: Curve) -> str:
    return f"{number_text(last)} {curve.unit}"


def sentences(outcome: CurveOutcome, rows: Rows, curve: Curve, reasons: tuple[str, ...]) -> tuple[str, ...]:
    """What was seen, on which scale, how sure, and what limits it."""
    found = [
        _levels(outcome, curve),
        _change(outcome),
        outcome.measure.sentence,
        _noise(outcome, rows),
        _odds(outcome),
    ]
    if rows.dropped:
        found.append(f"{rows.dropped:,} points were not finite and are left out")
    return tuple(text for text in (*found, *reasons) if text)


def _levels(outcome: CurveOutcome, curve: Curve) -> str:
    named = [("start", outcome.start), ("best", outcome.best), ("end", outcome.end)]
    return ", ".join(f"{name} {level_text(level)}" for name, level in named if level) + (
        f" (axis: {curve.unit})" if outcome.start else ""
    )


def level_text(level: CurveLevel) -> str:
    """A level with its standard error and step: ``561 +- 8 (at 30,720)``."""
    error = f" +- {_short(level.error)}" if level.error > 0 else ""
    return f"{_short(level.value)}{error} (at {number_text(level.step)})"


def _short(value: float) -> str:
    """Three digits: a level of a noisy curve has no more."""
    return number_text(float(f"{value:.3g}")) if math.isfinite(value) else number_text(value)


def _change(outcome: CurveOutcome) -> str:
    """The deciding change against what is material."""
    if not math.isfinite(outcome.size) or outcome.kind in (OutcomeKind.EARLY, OutcomeKind.UNKNOWN):
        return ""
    change, material = outcome.size * outcome.measure.unit, outcome.measure.material
    name = {OutcomeKind.LOST: "loss", OutcomeKind.FELL: "fall"}.get(
        outcome.kind, "gain" if outcome.kind.gained else "change"
    )
    number = f"{_short(outcome.size)} {outcome.measure.unit_name}"
    return f"{name} {_short(change)} = {number}; material from {_short(material)} on"


def _noise(outcome: CurveOutcome, rows: Rows) -> str:
    if not math.isfinite(outcome.autocorrelation):
        return ""
    binned = f"{rows.points:,} points" + (f" judged as {rows.size}" if rows.size < rows.points else "")
    rho = outcome.autocorrelation
    return f"{binned}; noise of a row {_short(outcome.noise)}, autocorrelation {rho:g} from row to row"


def _odds(outcome: CurveOutcome) -> str:
    likely = sorted(outcome.probabilities.items(), key=lambda item: -item[1])
    return ", ".join(f"{kind.value} {share:.2f}" for kind, share in likely if share >= _WORTH_SAYING)
