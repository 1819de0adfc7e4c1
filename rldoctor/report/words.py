"""The sentences that every report shares: verdict, coverage, onset, fixes. Plain text, already cleaned."""

from __future__ import annotations

import math

from rldoctor.model.algorithms import EITHER, FAMILIES
from rldoctor.model.finding import (
    Diagnosis,
    Finding,
    Measure,
    Outcome,
    Root,
    RuleResult,
    Severity,
    Standing,
)
from rldoctor.model.run import Run
from rldoctor.report.clean import clean
from rldoctor.report.numbers import finite, number, percent, plural, step
from rldoctor.report.todo import CALM

FRAMEWORKS = {
    "stable_baselines3": "Stable-Baselines3",
    "cleanrl": "CleanRL",
    "spinningup": "Spinning Up",
    "openai_baselines": "OpenAI Baselines",
    "rllib": "RLlib",
    "tianshou": "Tianshou",
    "ml_agents": "ML-Agents",
    "mlagents": "ML-Agents",
    "brax": "Brax",
    "generic": "unknown framework",
}
AXES = {"env_steps": "environment steps", "row": "rows", "step": "steps as logged"}
# What a learning curve is, the first that was logged.
OVERVIEW = ("episode_return", "eval_return", "success_rate", "eval_success_rate", "reward_per_step")
# Worst first.
ORDER = ("critical", "error", "warning", "info", "not_enough_data", "healthy")
VERDICTS = {"not_enough_data": "NOT ENOUGH DATA", "healthy": "HEALTHY"}
_SHARE_SHOWN = 0.005
# Units that say nothing to a reader: a share is between 0 and 1, a coefficient has no unit.
_UNITLESS = {"", "1", "-", "coef", "fraction", "fraction 0..1", "various"}


def verdict_label(diagnosis: Diagnosis) -> str:
    """``ERROR``, ``HEALTHY``, ``NOT ENOUGH DATA``..."""
    return VERDICTS.get(diagnosis.verdict, diagnosis.verdict.upper().replace("_", " "))


def headline(diagnosis: Diagnosis) -> str:
    """The verdict in one sentence."""
    if diagnosis.verdict == "healthy":
        # Whatever stands under a healthy verdict is a remark, about the log for instance.
        remarks = f" ({plural(len(diagnosis.roots), 'remark')})" if diagnosis.roots else ""
        return f"Nothing wrong was found by the rules that could look{remarks}."
    if diagnosis.roots:
        first = diagnosis.roots[0].finding
        return f"{clean(first.setting) or clean(first.title)}, {onset(first)}{_beside(diagnosis)}."
    return "This log does not tell how the run went."


def _beside(diagnosis: Diagnosis) -> str:
    """What else there is: ``; 1 more root cause and 2 remarks``. A note is no cause."""
    rest = diagnosis.roots[1:]
    notes = sum(one.severity is Severity.INFO for one in rest)
    if diagnosis.verdict in CALM:
        told = [plural(len(rest), "more remark")] if rest else []
    else:
        told = [plural(len(rest) - notes, "more root cause")] if len(rest) > notes else []
        told += [plural(notes, "remark")] if notes else []
    return f"; {' and '.join(told)}" if told else ""


def alone(diagnosis: Diagnosis) -> str:
    """The headline where nothing else is said of the run: the reason, where it could not be judged."""
    if diagnosis.verdict != "not_enough_data" or diagnosis.roots or not diagnosis.verdict_note:
        return headline(diagnosis)
    # Which rules those are stands in the report.
    reason = clean(diagnosis.verdict_note).partition(" (")[0].rstrip(".")
    return f"{reason[:1].upper()}{reason[1:]}."


def coverage(diagnosis: Diagnosis) -> str:
    """``9 of 13 rules could look; 4 not measured (2 do not apply).``"""
    seen = diagnosis.coverage
    applicable = seen.total - seen.not_applicable
    parts = [f"{seen.ran} of {plural(applicable, 'rule')} could look"]
    gaps = [f"{seen.not_measured} not measured"] if seen.not_measured else []
    gaps += [f"{seen.error} failed with an error"] if seen.error else []
    text = "; ".join([*parts, ", ".join(gaps)]) if gaps else parts[0]
    others = seen.not_applicable
    skipped = f" ({others} {'does' if others == 1 else 'do'} not apply)" if others else ""
    return f"{text}{skipped}."


def framework(run: Run) -> str:
    """The framework's name as people write it."""
    return FRAMEWORKS.get(run.framework) or clean(run.framework) or "unknown framework"


def algorithm(run: Run) -> str:
    """``PPO``; a family reads ``on-policy algorithm``."""
    name = clean(run.algorithm)
    if not name:
        return "unknown algorithm"
    if name in EITHER:
        return " or ".join(one.upper() for one in EITHER[name])
    return f"{name.replace('_', '-')} algorithm" if name in FAMILIES else name.upper()


def length(run: Run) -> str:
    """How long the run is, with the unit of its step axis, and the plan when it differs."""
    unit = AXES.get(run.axis, clean(run.axis).replace("_", " "))
    text = f"{step(run.last_step)} {unit}"
    planned = run.planned_steps
    if planned and run.axis == "env_steps" and run.last_step < 0.95 * planned:
        text += f" of {step(planned)} planned"
    return text


def facts(run: Run) -> list[str]:
    """Framework, algorithm, environment, seed and length: what is known of them."""
    seed = [f"seed {run.seed}"] if run.seed is not None else []
    env = [clean(run.env)] if run.env else []
    return [framework(run), algorithm(run), *env, *seed, length(run)]


def onset(finding: Finding) -> str:
    """``since step 204,800``; from the start, or that the start is not known."""
    if finite(finding.onset) is not None and float(finding.onset or 0.0) <= 0.0:
        return "from the start"
    if finite(finding.onset) is not None:
        return f"since step {step(finding.onset)}"
    if finding.intervals:
        return f"since step {step(finding.intervals[0].start)}"
    return "over the whole run"


def held(finding: Finding, run: Run) -> str:
    """Over which steps the condition held, and which share of the run that is."""
    if not finding.intervals:
        return ""
    last = finding.intervals[-1]
    end = "to the end of the log" if last.open else f"until step {step(last.end)}"
    total = sum(part.end - part.start for part in finding.intervals)
    of_run = min(1.0, total / run.last_step) if run.last_step > 0 else 0.0
    # A single row at the end is no stretch to give a share of.
    share = f", {percent(of_run)} of the run" if of_run >= _SHARE_SHOWN else ""
    pieces = f" in {len(finding.intervals)} stretches" if len(finding.intervals) > 1 else ""
    return f"{end}{pieces}{share}"


def weight(root: Root) -> str:
    """Why a root cause weighs more than its own level says; empty where it does not."""
    if root.severity == root.finding.severity:
        return ""
    codes = [clean(child.code) for child in root.explains if child.severity == root.severity]
    return (
        f"{root.finding.severity.label} by itself, {root.severity.label} as the cause of {', '.join(codes)}"
    )


def fixes_title(diagnosis: Diagnosis) -> str:
    """What stands over the change: a demand where something is wrong, an offer where nothing is."""
    return "What could be changed" if diagnosis.verdict in CALM else "Do this first"


OTHERWISE = "If that did not help"


def causes_title(diagnosis: Diagnosis) -> str:
    """What stands over the findings."""
    noun = "Remark" if diagnosis.verdict in CALM else "Root cause"
    return noun if len(diagnosis.roots) == 1 else f"{noun}s"


def record(finding: Finding) -> list[str]:
    """How the rule did on runs with known labels; nothing for a rule that was never measured."""
    return [] if finding.measured is None else [f"{finding.measured.status}; {finding.measured.sentence}"]


def window(measure: Measure) -> str:
    """``204,800 to 1,000,000``, or an empty string."""
    return f"{step(measure.window[0])} to {step(measure.window[1])}" if measure.window else ""


def measured(measure: Measure) -> str:
    """The value with its unit, in the rule's own format when it gave one.

    A unit that the label says already (``passes over each rollout``) is not said again.
    """
    value = measure.text or number(measure.value)
    behind = "" if measure.unit in measure.says else unit(measure.unit)
    return clean(f"{value} {behind}").strip()


def unit(text: str) -> str:
    """The unit as it stands behind a number: nothing for shares, coefficients and plain numbers."""
    return "" if text in _UNITLESS else clean(text)


def limit(measure: Measure) -> str:
    """The threshold, and on which side of it the value is; empty where the measure is only context."""
    return "" if measure.limit is None else f"{_side(measure.value, measure.limit)} {_threshold(measure)}"


def held_against(measure: Measure) -> str:
    """``above the limit of 0.05``; empty where the measure is only context."""
    if measure.limit is None:
        return ""
    return f"{_side(measure.value, measure.limit)} the limit of {_threshold(measure)}"


def _threshold(measure: Measure) -> str:
    """The limit as the value is written: beside a percentage a share is one too."""
    assert measure.limit is not None
    percentage = measure.text.endswith("%") and measure.unit in _UNITLESS
    return f"{number(100 * measure.limit)}%" if percentage else number(measure.limit)


def _side(value: float, limit: float) -> str:
    """Where a value is; a value that is not known is on no side."""
    if math.isnan(value):
        return "against"
    return "above" if value > limit else "below" if value < limit else "at"


def measure_label(measure: Measure) -> str:
    """What was measured, in words where the rule gives them."""
    return clean(measure.says or measure.name.replace("_", " "))


def counted(diagnosis: Diagnosis, code: str) -> str:
    """What the gate says of a root cause, for people; empty where it says nothing."""
    judged = diagnosis.gate.of(code) if diagnosis.gate else None
    return clean(judged.text) if judged else ""


def excused(diagnosis: Diagnosis, code: str) -> str:
    """Why a finding does not count in the gate (known, waived, in too few seeds); empty where it does.

    What a root cause explains is excused with it, unless it counts by itself or has another root that counts.
    """
    if diagnosis.gate is None:
        return ""
    judged = diagnosis.gate.of(code)
    if judged is not None:
        return "" if judged.standing in (Standing.NEW, Standing.WORSE) else clean(judged.text)
    roots = [root.finding.code for root in diagnosis.roots if code in {one.code for one in root.explains}]
    reasons = [(root, excused(diagnosis, root)) for root in roots]
    if not reasons or not all(reason for _, reason in reasons):
        return ""
    return "; ".join(f"explained by {clean(root)}, {reason}" for root, reason in reasons)


def by_outcome(diagnosis: Diagnosis, outcome: Outcome) -> list[RuleResult]:
    """The results with one outcome, in rule order."""
    return [result for result in diagnosis.results if result.outcome is outcome]


def why_not(result: RuleResult) -> str:
    """Why a rule could not look: the inputs it misses, or its own reason."""
    if result.missing:
        names = ", ".join(clean(name).removeprefix("config.") for name in result.missing)
        return f"needs {names}"
    return clean(result.reason or result.error or "reason not given")
