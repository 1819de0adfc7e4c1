"""Catalogue findings about a comparison itself: OUT-01, CFG-09, NUM-06, OUT-11."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rldoctor.comparison.changes import SettingChanges
from rldoctor.comparison.criteria import CompareCriteria
from rldoctor.model.comparison import Effect, Remark, SeedSpread, Verdict
from rldoctor.model.finding import Severity


def make_remarks(
    verdict: Verdict,
    reason: str,
    effect: Effect | None,
    changes: SettingChanges,
    spreads: Sequence[SeedSpread],
    criteria: CompareCriteria,
) -> tuple[Remark, ...]:
    """What the catalogue says about this comparison, worst first."""
    found: list[Remark] = []
    # Only a regression is a finding of its own. That a comparison is unclear is its verdict, and repeating
    # it would be noise.
    if verdict is Verdict.REGRESSION:
        found.append(Remark("OUT-01", "Regression between runs", Severity.ERROR, _sentence(reason)))
    found += _seeds(effect, criteria)
    found += _coded(verdict, changes)
    found += [_variance(spread) for spread in spreads if spread.high_variance]
    return tuple(found)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _seeds(effect: Effect | None, criteria: CompareCriteria) -> Iterator[Remark]:
    if effect is None:
        return
    counts = (max(1, len(effect.base_levels)), max(1, len(effect.candidate_levels)))
    # The arithmetic behind it is in bootstrap.py: below five seeds the interval is wide because it has to
    # be.
    advice = f"Repeat each arm with {criteria.whole('advised_seeds')} seeds."
    title, text = "Too few seeds to be sure", ""
    if effect.method == "summary":
        text = (
            "How many seeds or episodes stand behind these means is not known; each is taken as one run, and "
            "one run per arm cannot separate seed luck from the change."
        )
    elif counts == (1, 1):
        title = "One seed per arm"
        text = "One seed per arm: this cannot separate seed luck from the change."
    elif min(counts) == 1:
        alone = "base" if counts[0] == 1 else "candidate"
        text = f"The {alone} has one run: its spread over seeds is taken from the other arm."
    elif min(counts) < criteria["few_seeds"]:
        text = (
            f"{counts[0]} against {counts[1]} runs: the interval is widened for so few, and still rests on "
            "their being typical."
        )
    if text:
        yield Remark("CFG-09", title, Severity.INFO, f"{text} {advice}")


def _coded(verdict: Verdict, changes: SettingChanges) -> Iterator[Remark]:
    """Groups of settings that the catalogue has an entry for; info, and only a suspect among others."""
    # Once per catalogue entry, however many settings belong to it.
    for code in dict.fromkeys(change.code for change in changes.changed if change.code):
        part = [change for change in changes.changed if change.code == code]
        names = ", ".join(change.key for change in part)
        # A suspect among others is not a culprit, and the sentence has to say so.
        others = len(changes.changed) - len(part)
        shared = f" {others} other settings changed too, so it is one suspect among them." if others else ""
        regressed = " Keep losses and log-probabilities in fp32." if verdict is Verdict.REGRESSION else ""
        yield Remark(
            code,
            "Precision or gradient flow was changed",
            Severity.INFO,
            f"{names} changed: {part[0].because}.{shared}{regressed}",
        )


def _variance(spread: SeedSpread) -> Remark:
    shape = "fall into two groups" if spread.bimodal else "differ widely"
    text = (
        f"The {spread.runs} runs of the {spread.arm} {shape}: {spread.low:.3g} to {spread.high:.3g}, median "
        f"{spread.median:.3g} (range {spread.relative_range:.2g} x median). Report the interquartile mean "
        "and use more seeds; a lower learning rate often narrows it."
    )
    return Remark("OUT-11", "High variance over seeds", Severity.INFO, text)
