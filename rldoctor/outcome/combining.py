"""From the judgements of the curves to that of the run."""

from __future__ import annotations

from collections.abc import Iterable

from rldoctor.model.numbers import number_text
from rldoctor.model.outcome import NAN, CurveOutcome, OutcomeKind, OutcomeMeasure, RunOutcome, Source
from rldoctor.outcome.words import DID

# In self-play the return says nothing (what one side wins the other loses); an evaluation measures the
# policy that will be used, training episodes the one that explores.
_ORDER = (Source.RATING, Source.EVALUATION, Source.TRAINING)
_GOOD, _BAD = "good", "bad"


def combine(outcomes: Iterable[CurveOutcome]) -> RunOutcome:
    """The outcome of a run, from those of its curves in the order of their importance to the caller.

    The first of the best source that has an answer counts: a curve that is too early or unknown gives way,
    and a return that did not rise gives way to a success rate that did.
    Whether the others contradict it is said, not averaged away. Without a curve the outcome is unknown.
    """
    curves = tuple(outcomes)
    if not curves:
        nothing = OutcomeMeasure("own", "no return, success rate or rating is logged", NAN, NAN, "")
        return RunOutcome(
            CurveOutcome(
                OutcomeKind.UNKNOWN,
                1.0,
                {kind: float(kind is OutcomeKind.UNKNOWN) for kind in OutcomeKind},
                nothing,
            )
        )
    deciding = min(curves, key=lambda one: (_silence(one.kind), _ORDER.index(one.source)))
    deciding = _reached(deciding, curves)
    against = next((one for one in curves if _contradict(deciding, one)), None)
    return RunOutcome(deciding, curves, _disagreement(deciding, against) if against else "")


def _reached(deciding: CurveOutcome, curves: tuple[CurveOutcome, ...]) -> CurveOutcome:
    """The success rate of the same source, where it rose and the return did not.

    A reward of every step is paid for less long where the goal ends the episode. The other way round nothing
    is said: a return may rise long before the first success.
    """
    rates = (one for one in curves if one.source is deciding.source and one.metric.endswith("success_rate"))
    return next((one for one in rates if deciding.kind.sick and one.kind.gained), deciding)


def _silence(kind: OutcomeKind) -> int:
    return {OutcomeKind.UNKNOWN: 2, OutcomeKind.EARLY: 1}.get(kind, 0)


def _side(kind: OutcomeKind) -> str:
    return _GOOD if kind.gained else _BAD if kind.sick else ""


def _contradict(one: CurveOutcome, other: CurveOutcome) -> bool:
    return {_side(one.kind), _side(other.kind)} == {_GOOD, _BAD}


def _disagreement(deciding: CurveOutcome, other: CurveOutcome) -> str:
    """Both curves in one sentence, and what it usually means where training and evaluation part."""
    text = f"{_told(deciding)}; {_told(other)}"
    sick = {one.source for one in (deciding, other) if one.kind.sick}
    if {deciding.source, other.source} == {Source.TRAINING, Source.EVALUATION}:
        if sick == {Source.TRAINING}:
            return f"{text}. The policy does well without exploration noise, which now costs it the episode"
        return f"{text}. The policy depends on its exploration noise, or evaluation differs from training"
    return text


def _told(one: CurveOutcome) -> str:
    name = f"{one.source.value} ({one.metric.replace('_', ' ')})" if one.metric else one.source.value
    did = f"{name}: {DID.get(one.kind, one.kind.value)}"
    if one.start is None or one.best is None or one.end is None:
        return did
    numbers = [number_text(float(f"{level.value:.3g}")) for level in (one.start, one.best, one.end)]
    return f"{did} (start {numbers[0]}, best {numbers[1]}, end {numbers[2]})"
