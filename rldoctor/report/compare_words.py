"""The sentences and table rows that every report of a comparison shares. Plain text, already cleaned."""

from __future__ import annotations

import math

from rldoctor.comparison.effect import difference_text
from rldoctor.comparison.findings_diff import new_findings
from rldoctor.model.comparison import (
    Arm,
    BisectionStep,
    Comparison,
    Departure,
    Effect,
    FindingChange,
    SettingChange,
    Side,
    Twin,
    Verdict,
)
from rldoctor.model.finding import Severity
from rldoctor.report import words
from rldoctor.report.clean import clean
from rldoctor.report.numbers import number, percent, plural, step

LABELS = {
    Verdict.REGRESSION: "REGRESSION",
    Verdict.IMPROVEMENT: "IMPROVEMENT",
    Verdict.SIMILAR: "NO CLEAR DIFFERENCE",
    Verdict.UNCLEAR: "UNCLEAR",
    Verdict.UNKNOWN: "NOT ENOUGH DATA",
}
# The colours of the other reports: how bad a verdict is in their words.
LIKE = {
    Verdict.REGRESSION: "error",
    Verdict.IMPROVEMENT: "healthy",
    Verdict.SIMILAR: "healthy",
    Verdict.UNCLEAR: "warning",
    Verdict.UNKNOWN: "not_enough_data",
}
MAX_STEPS = 7
CompareRow = tuple[str, ...]


def headline(comparison: Comparison) -> str:
    """The verdict's reason as a sentence."""
    text = clean(comparison.reason)
    return f"{text[:1].upper()}{text[1:]}."


def alarm(comparison: Comparison) -> str:
    """New findings that are critical in most runs of the candidate; empty without any."""
    codes = [f"{clean(one.code)} {clean(one.title)}" for one in new_findings(comparison, Severity.CRITICAL)]
    if not codes:
        return ""
    return f"New, critical: {'; '.join(codes)} (--fail-on critical fails on it)."


def unmoved(comparison: Comparison) -> list[str]:
    """Metrics without a departure; the outcome is not one of them where it was just called different."""
    told = comparison.verdict in (Verdict.REGRESSION, Verdict.IMPROVEMENT)
    outcome = comparison.effect.metric if comparison.effect and told else ""
    return [name(metric) for metric in comparison.unmoved if metric != outcome]


def twin(one: Twin) -> str:
    """``candidate: identical to base until step 512; ...``."""
    return f"{clean(one.candidate)}: {clean(one.text)}."


def arm(side: Arm) -> str:
    """``runs/a: 3 runs (seeds 0, 1, 2), Stable-Baselines3, PPO, Hopper-v5, 30,720 environment steps``."""
    seeds = [str(run.seed) for run in side.runs if run.seed is not None]
    named = f" (seed{'s' if len(seeds) > 1 else ''} {', '.join(seeds)})" if seeds else ""
    facts = [f"{plural(len(side.runs), 'run')}{named}"]
    first = side.runs[0] if side.runs else None
    if first is not None and first.metrics:
        env = [clean(first.env)] if first.env else []
        facts += [words.framework(first), words.algorithm(first), *env, _lengths(side)]
    elif first is not None:
        facts = ["configuration only"]
    if side.summary is not None:
        facts.append(f"outcome given as {number(side.summary.mean)} +- {number(side.summary.std)}")
    return f"{clean(side.path)}: {', '.join(facts)}"


def _lengths(side: Arm) -> str:
    lasts = sorted(run.last_step for run in side.runs)
    unit = words.AXES.get(side.runs[0].axis, clean(side.runs[0].axis).replace("_", " "))
    return (
        f"{step(lasts[0])} {unit}"
        if lasts[0] == lasts[-1]
        else f"{step(lasts[0])} to {step(lasts[-1])} {unit}"
    )


def effect_rows(effect: Effect) -> list[CompareRow]:
    """What, value: the numbers behind the verdict."""
    rows: list[CompareRow] = [
        (f"{name(effect.metric)}, base", _level(effect.base, [level.value for level in effect.base_levels])),
        ("candidate", _level(effect.candidate, [level.value for level in effect.candidate_levels])),
        ("difference", f"{signed(effect.difference)} ({difference_text(effect)})"),
        (f"{interval_name(effect)} of the difference", f"{signed(effect.low)} to {signed(effect.high)}"),
    ]
    # Of negative levels the larger ratio would be the worse one.
    positive = effect.base > 0 and effect.candidate > 0
    rows += [("ratio candidate / base", number(effect.ratio))] if positive else []
    rows += [("difference / standard error (z)", number(effect.z))] if math.isfinite(effect.z) else []
    if effect.standardised is not None and math.isfinite(effect.standardised):
        rows.append(("in standard deviations over seeds", number(effect.standardised)))
    if effect.improvement is not None:
        rows.append(("chance that a candidate run beats a base run", percent(effect.improvement)))
    return rows


def _level(value: float, levels: list[float]) -> str:
    runs = f" ({', '.join(number(one) for one in levels)})" if len(levels) > 1 else ""
    return f"{number(value)}{runs}"


def interval_name(effect: Effect) -> str:
    """``95% interval``."""
    return f"{100 * effect.confidence:.3g}% interval"


def signed(value: float) -> str:
    """A number with its sign."""
    return f"+{number(value)}" if value > 0 else number(value)


def method(effect: Effect) -> str:
    """How the numbers were made, in one sentence."""
    if effect.method == "summary":
        return "From the means and standard deviations that were given, each counted as one run."
    window = effect.window or (math.nan, math.nan)
    where = f"steps {step(window[0])} to {step(window[1])}, the last part of the steps that every run has"
    if effect.method == "runs":
        return f"Means over {where}; the uncertainty is the noise within the two runs."
    over = "interquartile mean over seeds" if effect.statistic == "iqm" else "mean over seeds"
    return f"Means over {where}, {over}; stratified bootstrap over seeds, widened for their number."


def departure_row(departure: Departure) -> CompareRow:
    """Metric, since, base, candidate, distance."""
    since = "from the start" if departure.from_start else step(departure.step)
    if math.isinf(departure.z) and math.isnan(departure.candidate):
        return name(departure.metric), since, number(departure.base), "not finite", ""
    return (
        name(departure.metric),
        since,
        number(departure.base),
        number(departure.candidate),
        f"{signed(float(f'{departure.z:.3g}'))} (limit {departure.limit:.2g})",
    )


def first_mover(comparison: Comparison) -> str:
    """What moved first, and when the outcome followed."""
    if not comparison.departures:
        return "No metric leaves the base's own spread for long."
    first = comparison.departures[0]
    when = "from the start" if first.from_start else f"at step {step(first.step)}"
    text = f"{name(first.metric)} leaves the base's own spread first, {when}"
    outcome = comparison.effect.metric if comparison.effect else ""
    later = next((one for one in comparison.departures if one.metric == outcome), None)
    if comparison.verdict in (Verdict.REGRESSION, Verdict.IMPROVEMENT) and outcome in comparison.unmoved:
        text += f"; {name(outcome)} differs at the end, without a step at which it left for good"
    if later is not None and later is not first:
        text += f"; {name(outcome)} follows at step {step(later.step)}"
    if len(comparison.base.runs) == 1:
        text += ". The base is one run, so any second seed of it would part from it too"
    return f"{text[:1].upper()}{text[1:]}."


def change_row(change: SettingChange) -> CompareRow:
    """Key, base, candidate, group."""
    return (
        clean(change.key),
        _value(change.base, change.base_default),
        _value(change.candidate, change.candidate_default),
        change.group,
    )


def _value(text: str, default: bool) -> str:
    return f"{clean(text)} (default, not in the log)" if default else clean(text) or "not logged"


def bisection_lines(comparison: Comparison) -> list[str]:
    """One line per run to make: what to set back and what to leave."""
    lines = [_step(one) for one in comparison.bisection[:MAX_STEPS]]
    more = len(comparison.bisection) - len(lines)
    return [*lines, "and so on: bisect what is left"] if more > 0 else lines


def _step(one: BisectionStep) -> str:
    back = ", ".join(f"{clean(change.key)} = {clean(change.base)}" for change in one.revert)
    kept = ", ".join(clean(change.key) for change in one.keep)
    start = "" if one.when == "first" else f"{one.when}: "
    return f"{start}candidate with {back} again; {kept} as in the candidate"


def suspicion(comparison: Comparison) -> list[str]:
    """Why the changes stand in this order: one line per group."""
    found = {change.group: change.because for change in comparison.changes}
    return [f"{group}: {because}" for group, because in found.items()]


def side(change: SettingChange) -> str:
    """``base`` or ``candidate``: who logs a one-sided setting."""
    return "base" if change.side is Side.BASE else "candidate"


def finding_row(finding: FindingChange) -> CompareRow:
    """Presence, code and title, severity, runs of the base, runs of the candidate."""
    return (
        finding.presence.value,
        f"{clean(finding.code)} {clean(finding.title)}",
        finding.severity.label,
        f"{finding.base} of {finding.base_runs}",
        f"{finding.candidate} of {finding.candidate_runs}",
        f"could not look in {plural(finding.blind, 'run')} of the other side" if finding.blind else "",
    )


def name(metric: str) -> str:
    """A canonical name in words."""
    return clean(metric).replace("_", " ")


def untested(comparison: Comparison) -> list[str]:
    """Metrics that could not be searched, by reason."""
    reasons: dict[str, list[str]] = {}
    for metric, why in comparison.untested:
        reasons.setdefault(clean(why), []).append(name(metric))
    return [f"{why}: {', '.join(metrics)}" for why, metrics in reasons.items()]
