"""What rests on a task that is only assumed is a warning at most."""

from __future__ import annotations

from collections.abc import Sequence

from rldoctor.engine.achieved import Achieved
from rldoctor.engine.evaluate import Evaluated
from rldoctor.engine.task_facts import UNKNOWN
from rldoctor.model.finding import Severity
from rldoctor.plain_data import replace
from rldoctor.rulebook.schema import Rule


def at_most_warnings(looked: Sequence[Evaluated], found: Achieved) -> list[Evaluated]:
    """What rests on an assumed task is a warning at most.

    A judgement that the run's own noise gives too does not rest on it.
    """
    task = found.task
    if not task.assumed or task.task is None:
        return list(looked)
    why = f"{task.task.id} is only assumed to be its task"
    judged = found.by_assumption
    return [_capped(one, why) if _rests_on_task(one.rule, judged=judged) else one for one in looked]


def _capped(one: Evaluated, why: str) -> Evaluated:
    finding = one.result.finding
    if finding is None or finding.severity <= Severity.WARNING:
        return one
    capped = f"{finding.severity.label}, lowered to {Severity.WARNING.label}: {why}"
    weaker = replace(finding, severity=Severity.WARNING, capped=capped)
    return replace(one, result=replace(one.result, finding=weaker))


def _rests_on_task(rule: Rule, *, judged: bool) -> bool:
    """Whether a rule reads what is known of the task, or (``judged``) the judgement made on its scale."""
    read = [rule.when, *rule.let.values(), *(guard.when for guard in rule.unless)]
    names = {name for one in read for name in one.run}
    return bool(names & set(UNKNOWN)) or (judged and any(name.startswith("outcome_") for name in names))
