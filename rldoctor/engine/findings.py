"""A rule that fired, made into a finding: how bad, why, and what to change."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from rldoctor.audit.sight import assumed
from rldoctor.engine.policy import Policy
from rldoctor.engine.prepared_run import NAN
from rldoctor.engine.prescribing import Place, place_of, prescribed
from rldoctor.engine.scene import Scene, known_measures, rule_metrics
from rldoctor.engine.wording import number_or_text
from rldoctor.language.parser import Expression
from rldoctor.model.config import RunConfig
from rldoctor.model.finding import Cause, Finding, Measure, Prescription, Severity
from rldoctor.model.numbers import number_text
from rldoctor.plain_data import dataclass, replace
from rldoctor.rulebook.schema import CauseSpec, FixSpec

# Behind a value that nobody wrote down.
DEFAULT = " (default)"


def make_finding(scene: Scene, measures: Mapping[str, Measure], policy: Policy) -> Finding:
    """The finding of a rule that fired on a run."""
    rule = scene.rule
    severity, capped = _severity(scene, policy)
    causes = causes_of(scene, measures)
    prescriptions = fitting(
        wanted_fixes(scene, causes),
        place_of(scene.context.run, scene.context.config),
        template_fields(scene, measures),
    )
    return Finding(
        code=rule.code,
        slug=rule.slug,
        title=_title(scene),
        severity=severity,
        # Where everything that a message would cite is unknown the title says what there is to say.
        message=scene.text(_message(scene), measures) or f"{_title(scene)}.",
        area=rule.area,
        onset=scene.found[-1].start if scene.found else None,
        intervals=tuple(scene.found),
        measures=known_measures(measures),
        causes=causes,
        prescriptions=prescriptions,
        references=tuple((one.title, one.url) for one in rule.references),
        metrics=tuple(name for name in rule_metrics(rule) if name in scene.context.metrics),
        capped=capped,
        overrides=rule.overridden,
        expect=rule.expect,
        expect_check="" if rule.expect_check is None else rule.expect_check.text,
        false_positives=rule.false_positives,
        # Measured with the thresholds as they stand in the file.
        measured=None if rule.overridden else rule.measured,
        setting=_setting(scene, prescriptions),
    )


def _setting(scene: Scene, prescriptions: Sequence[Prescription]) -> str:
    """The setting that is the cause, and what it does; empty where the numbers do not blame one.

    It is blamed where the first change is another value of it, and what decides about the cause reads it or
    the rule says so (``does``).
    """
    if not prescriptions:
        return ""
    first = prescriptions[0]
    spec = next((one for one in scene.rule.causes if one.id == first.cause), None)
    if spec is None or not first.sure:
        return ""
    if not (first.key and first.now and first.to):
        blamed = _blamed(spec, scene.context.run.config)
        return f"{blamed} {spec.does}" if blamed and spec.does else ""
    decided = spec.more_likely_if or scene.rule.when
    named = bool(spec.does and spec.more_likely_if)
    if not named and first.knob not in _settings_of(decided, scene.rule.let):
        return ""
    setting = f"{first.key} = {first.now}{DEFAULT if first.assumed else ''}"
    return f"{setting} {spec.does}" if spec.does else f"{setting}: {scene.rule.failure_title}"


def _blamed(spec: CauseSpec, config: RunConfig) -> str:
    """The first setting that a cause blames and the run has, as it was written; empty where there is none."""
    known = (config.get(name) for name in spec.blames)
    one = next((knob for knob in known if knob is not None and not knob.source.startswith("derived")), None)
    return (
        "" if one is None else f"{one.key} = {number_or_text(one.written)}{DEFAULT if assumed(one) else ''}"
    )


def _settings_of(expression: Expression, lets: Mapping[str, Expression]) -> set[str]:
    """The settings that an expression reads, ``let`` names followed."""
    found, pending, seen = set[str](), [expression], set[str]()
    while pending:
        one = pending.pop()
        found |= one.config
        further = {name for name in one.names if name in lets} - seen
        seen |= further
        pending += [lets[name] for name in further]
    return found


def _message(scene: Scene) -> str:
    sure = scene.rule.beyond_doubt
    return sure.says if scene.certain and sure is not None and sure.says else scene.rule.message


def _title(scene: Scene) -> str:
    """What is said of a run of which the rule itself is not sure is worded so."""
    rule = scene.rule
    if scene.certain:
        return rule.failure_title
    # Lowered against what it was escalated to, as _severity does, so that title and level cannot disagree.
    reached = _escalated(scene)
    lowered = any(level < reached and scene.holds(when) for level, when in rule.reduce)
    return rule.unsure_title if rule.unsure_title and lowered else rule.failure_title


def _escalated(scene: Scene) -> Severity:
    return max([scene.rule.severity, *(level for level, when in scene.rule.escalate if scene.holds(when))])


def _severity(scene: Scene, policy: Policy) -> tuple[Severity, str]:
    """The level after escalation, reduction and the gates, and what a gate did in words."""
    rule, facts = scene.rule, scene.context.facts
    if scene.certain and rule.beyond_doubt is not None:
        return max(_escalated(scene), rule.beyond_doubt.severity or rule.severity), ""
    # Reductions after escalations: a doubt about the diagnosis weighs more than how bad it would be.
    severity = min([_escalated(scene), *(level for level, when in rule.reduce if scene.holds(when))])
    # Reward hacking, a return that is a running counter and the like make the return rise. A gate that
    # trusts the return would hide just these.
    if rule.code in policy.gate_exempt or rule.area in policy.gate_exempt_areas:
        return severity, ""
    # Solved before improving: a solved run is the stronger evidence, and most rules cap it lower.
    if rule.cap_if_solved is not None and facts.get("solved", NAN) > 0 and severity > rule.cap_if_solved:
        return rule.cap_if_solved, _lowered(severity, rule.cap_if_solved, "the task is solved")
    # `learned` too: a run that rose and kept its level no longer improves, and is no worse for that.
    learning = facts.get("improving", NAN) > 0 or facts.get("learned", NAN) > 0
    if rule.cap_if_improving is not None and learning and severity > rule.cap_if_improving:
        return rule.cap_if_improving, _lowered(severity, rule.cap_if_improving, "the run learns all the same")
    # Less information never makes a finding worse: what would be held down if the run learned is held down,
    # though never to silence, while nobody can say whether it does.
    unknown = math.isnan(facts.get("learned", NAN)) or facts.get("outcome_possible", NAN) > 0
    if rule.cap_if_improving is not None and unknown and severity > Severity.WARNING:
        lower = Severity.ERROR if severity is Severity.CRITICAL else Severity.WARNING
        return lower, _lowered(severity, lower, "nothing says whether the run learns")
    return severity, ""


def _lowered(severity: Severity, cap: Severity, why: str) -> str:
    return f"{severity.label}, lowered to {cap.label}: {why}"


def causes_of(scene: Scene, measures: Mapping[str, Measure]) -> tuple[Cause, ...]:
    """Likely causes first, then those that no number could decide, then the rejected ones.

    A cause that needs a number the log does not hold is left out once another one is likely.
    """
    made = [_cause(scene, spec, measures) for spec in scene.rule.causes]
    # With a likely cause at hand the undecided ones are noise; without one they are all there is.
    decided = any(place == 0 for place, _ in made)
    kept = [(place, cause) for place, cause in made if not (decided and place == 2)]
    return tuple(cause for _, cause in sorted(kept, key=lambda pair: pair[0]))


def _cause(scene: Scene, spec: CauseSpec, measures: Mapping[str, Measure]) -> tuple[int, Cause]:
    """A cause and its place: 0 likely, 1 general, 2 undecided for want of a number, 3 rejected."""
    likely = None if spec.more_likely_if is None else _likely(scene, spec.more_likely_if)
    # Rejected causes are shown with their reason, for they are what the reader would have tried next.
    text = spec.rejected_says if likely is False and spec.rejected_says else spec.says
    place = {True: 0, False: 3, None: 1 if spec.more_likely_if is None else 2}[likely]
    return place, Cause(spec.id, scene.text(text, measures), likely, spec.fixes)


def _likely(scene: Scene, expression: Expression) -> bool | None:
    """True or False when the run's numbers decide, None when a number it needs is unknown."""
    # Asked first: a condition with `or` may be true by the numbers that are known.
    if scene.holds(expression):
        return True
    context = scene.context
    # False with an unknown number in it is no rejection, because the comparison was false for want of the
    # number. The advice must not say `not the learning rate` where no learning rate was logged.
    needed = [context.config.get(name, NAN) for name in expression.config]
    needed += [context.facts.get(name, NAN) for name in expression.run]
    needed += [value for name in expression.names if isinstance(value := scene.names.get(name), float)]
    return None if any(math.isnan(value) for value in needed) else False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A fix that the numbers of a run ask for, the cause it answers, and the number it would set."""

    spec: FixSpec
    cause: Cause | None
    sure: bool
    target: float | None


def wanted_fixes(scene: Scene, causes: tuple[Cause, ...]) -> tuple[Wanted, ...]:
    """Fixes in the order of their causes, then those of no cause; a rejected cause's fixes are left out."""
    specs = [(scene.rule.fixes[fix], cause) for fix, cause in _wanted(scene, causes).items()]
    return tuple(
        Wanted(spec, cause, cause is None or _sure(scene, cause), _target(scene, spec))
        for spec, cause in specs
        if _offered(scene, spec)
    )


def fitting(wanted: Iterable[Wanted], place: Place, fields: Mapping[str, str]) -> tuple[Prescription, ...]:
    """Without what has no place in the run, and without a second number for a key that has one."""
    made: list[Prescription] = []
    for fix in wanted:
        one = prescribed(fix.spec, fix.target, place, fields)
        if one is not None and not any(_clash(one, other) for other in made):
            made.append(replace(one, cause=fix.cause.id, sure=fix.sure) if fix.cause else one)
    return tuple(made)


def _wanted(scene: Scene, causes: tuple[Cause, ...]) -> dict[str, Cause | None]:
    """The fixes in order, each with the first cause it answers."""
    fixes = scene.rule.fixes
    wanted: dict[str, Cause | None] = {}
    for cause in causes:
        # Advice of a rejected cause would contradict the run in front of it.
        for fix in cause.fixes if cause.likely is not False else ():
            wanted.setdefault(fix, cause)
    named = {fix for spec in scene.rule.causes for fix in spec.fixes}
    return wanted | {fix: None for fix in fixes if fix not in named} or dict.fromkeys(fixes)


def _sure(scene: Scene, cause: Cause) -> bool:
    """Whether nothing that would decide about a cause is missing."""
    spec = next(one for one in scene.rule.causes if one.id == cause.id)
    return spec.more_likely_if is None or cause.likely is not None


def _clash(one: Prescription, other: Prescription) -> bool:
    return bool(one.key and one.key == other.key and one.to and other.to) or one.text == other.text


def _offered(scene: Scene, spec: FixSpec) -> bool:
    """Whether the run's numbers do not speak against a fix."""
    return spec.only_if is None or _likely(scene, spec.only_if) is not False


def template_fields(scene: Scene, measures: Mapping[str, Measure]) -> dict[str, str]:
    """What the texts of a rule's fixes may name."""
    fields = {name: measure.text for name, measure in measures.items()}
    fields |= {name: number_text(one.value) for name, one in scene.rule.thresholds.items()}
    return fields | {f"config_{name}": number_text(value) for name, value in scene.context.config.items()}


def _target(scene: Scene, spec: FixSpec) -> float | None:
    """The recommended value to ``digits`` significant digits, or None when the run cannot give it."""
    if spec.to is None or not all(scene.known(name) for name in spec.needs):
        return None
    value = scene.scalar(spec.to)
    if not math.isfinite(value):
        return None
    # To the digits of the rule and no more: 3.1e-4 out of noisy medians is as good as 3e-4, and looks more
    # certain than it is.
    return value if value == 0 else round(value, spec.digits - 1 - math.floor(math.log10(abs(value))))
