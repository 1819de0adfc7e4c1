"""A task that names only speak of, or that the log looks like.

It may warn where the run alone looks well, and it excuses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rldoctor.audit.audit import audit
from rldoctor.audit.criteria import AuditCriteria
from rldoctor.engine.achieved import Achieved, achieved
from rldoctor.language.evaluator import calm
from rldoctor.model.audit import AuditRow, AuditVerdict
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.model.task import TaskMatch
from rldoctor.outcome.criteria import Criteria
from rldoctor.plain_data import replace

_ACTIONS = ("action_dim", "n_actions")
_UNSURE = AuditVerdict.CANNOT_TELL


def with_assumed(
    found: Achieved,
    run: Run,
    metrics: Mapping[str, Series],
    config: Mapping[str, float],
    spacing: Mapping[str, float],
    audited: Sequence[AuditRow],
    criteria: Criteria,
) -> Achieved:
    """The judgement on the scale of the assumed task; ``found`` where there is none or the run alone is sick.

    A sick run needs no assumption to be accused, and its own scale leaves its findings their level.
    """
    if found.task.task is not None or found.outcome.kind.sick:
        return found
    task = _assumed(run, metrics, config, audited)
    if task.task is None:
        return found
    made = achieved(run, metrics, config, spacing, task, criteria)
    return replace(made, alone=found.outcome.kind)


def guessed(run: Run, criteria: AuditCriteria) -> str:
    """The environment that a log which names none looks like, empty where nothing is sure enough."""
    if run.env or "env_id" in run.config:
        return ""
    config = {name: number for name in run.config if (number := run.config.number(name)) is not None}
    with calm():
        found = _assumed(run, run.metrics.series, config, audit(run, criteria))
    return "" if found.task is None else found.task.id


def _assumed(
    run: Run, metrics: Mapping[str, Series], settings: Mapping[str, float], audited: Sequence[AuditRow]
) -> TaskMatch:
    from rldoctor.tasks.evidence import LogNames, LogShows
    from rldoctor.tasks.loose import assumed
    from rldoctor.tasks.recognised import unnamed

    told = [one for one in audited if one.name in _ACTIONS and one.verdict is not _UNSURE]
    log = LogShows(metrics, settings, {one.name: (one.low, one.high) for one in told}, run.algorithm)
    knob = run.config.get("env_id")
    # Some frameworks write the environment elsewhere than among the settings.
    named = LogNames(run.env if knob is None else str(knob.value), run.id, run.path.parts[-3:])
    by_name = assumed(log, named)
    return by_name if by_name.task is not None else unnamed(log, named)
