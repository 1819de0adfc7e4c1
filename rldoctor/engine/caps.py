"""What rests on a task that is only assumed is a warning at most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rldoctor.engine.achieved import Achieved
from rldoctor.engine.evaluate import Evaluated
from rldoctor.engine.task_facts import UNKNOWN
from rldoctor.model.finding import Severity
from rldoctor.model.series import Series
from rldoctor.plain_data import replace
from rldoctor.rulebook.schema import Rule


def at_most_warnings(
    looked: Sequence[Evaluated], found: Achieved, metrics: Mapping[str, Series] | None = None
) -> list[Evaluated]:
    """What rests on an assumed task, or on a reference of one (in ``metrics``), is a warning at most.

    A judgement that the run's own noise gives too does not rest on it.
    """
    task, judged = found.task, found.by_assumption
    lent = {name for name, one in (metrics or {}).items() if one.attributes.get("task") == "assumed"}
    known = task.task.id if task.assumed and task.task is not None else ""
    if not known and not lent:
        return list(looked)
    said = f"{known} is only assumed to be its task"
    if not known:
        said = "what it is held against is only assumed to be its task or algorithm"
    # By its own measure the run did well: that another task has better runs is no accusation then.
    lent_most = Severity.INFO if found.outcome.kind.gained else Severity.WARNING
    return [
        _capped(one, said, lent_most)
        if lent & set(_needed(one.rule))
        else _capped(one, said, Severity.WARNING)
        if known and _rests_on_task(one.rule, judged=judged)
        else one
        for one in looked
    ]


def _needed(rule: Rule) -> tuple[str, ...]:
    """The metrics without which the rule says nothing: what it merely may look at does not carry it."""
    return (*rule.requires, *(name for group in rule.requires_one_of for name in group))


def _capped(one: Evaluated, why: str, most: Severity) -> Evaluated:
    """The finding at ``most``, with words that say what it rests on."""
    finding = one.result.finding
    if finding is None:
        return one
    weaker = replace(
        finding, message=f"{finding.message} ({why[:1].upper()}{why[1:]}: the log looks like it.)"
    )
    if finding.severity > most:
        capped = f"{finding.severity.label}, lowered to {most.label}: {why}"
        weaker = replace(weaker, severity=most, capped=capped)
    return replace(one, result=replace(one.result, finding=weaker))


def _rests_on_task(rule: Rule, *, judged: bool) -> bool:
    """Whether a rule reads what is known of the task, or (``judged``) the judgement made on its scale."""
    read = [rule.when, *rule.let.values(), *(guard.when for guard in rule.unless)]
    names = {name for one in read for name in one.run}
    return bool(names & set(UNKNOWN)) or (judged and any(name.startswith("outcome_") for name in names))
