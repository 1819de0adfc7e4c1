"""What rests on a task that is only assumed is a warning at most."""

from __future__ import annotations

from collections.abc import Sequence

from rldoctor.engine.evaluate import Evaluated
from rldoctor.engine.task_facts import UNKNOWN
from rldoctor.model.finding import Severity
from rldoctor.model.task import TaskMatch
from rldoctor.plain_data import replace
from rldoctor.rulebook.schema import Rule


def at_most_warnings(looked: Sequence[Evaluated], task: TaskMatch) -> list[Evaluated]:
    """What rests on an assumed task is a warning at most."""
    if not task.assumed or task.task is None:
        return list(looked)
    why = f"{task.task.id} is only assumed to be its task"
    return [_capped(one, why) if _rests_on_task(one.rule) else one for one in looked]


def _capped(one: Evaluated, why: str) -> Evaluated:
    finding = one.result.finding
    if finding is None or finding.severity <= Severity.WARNING:
        return one
    capped = f"{finding.severity.label}, lowered to {Severity.WARNING.label}: {why}"
    weaker = replace(finding, severity=Severity.WARNING, capped=capped)
    return replace(one, result=replace(one.result, finding=weaker))


def _rests_on_task(rule: Rule) -> bool:
    """Whether a rule reads what is known of the task, or the judgement that was made on its scale."""
    read = [rule.when, *rule.let.values(), *(guard.when for guard in rule.unless)]
    names = {name for one in read for name in one.run}
    return bool(names & set(UNKNOWN)) or any(name.startswith("outcome_") for name in names)
