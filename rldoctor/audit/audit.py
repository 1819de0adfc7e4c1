"""The audit of one run: every model asked once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from rldoctor.audit.counters import counters
from rldoctor.audit.criteria import AuditCriteria
from rldoctor.audit.critic import critic
from rldoctor.audit.episodes import episodes, exploration
from rldoctor.audit.gradients import gradients
from rldoctor.audit.loss import loss_parts
from rldoctor.audit.policy import policy
from rldoctor.audit.sight import Sight
from rldoctor.audit.temperature import temperature
from rldoctor.model.audit import AuditRow
from rldoctor.model.run import Run

Model = Callable[[Sight], Iterator[AuditRow]]
MODELS: tuple[Model, ...] = (
    counters,
    loss_parts,
    gradients,
    policy,
    temperature,
    critic,
    episodes,
    exploration,
)


def audit(run: Run, config: Mapping[str, float], criteria: AuditCriteria) -> tuple[AuditRow, ...]:
    """What the log of a run implies, in the order of the models.

    ``config`` holds the settings as numbers, derived ones too. Only logged series are looked at.
    """
    sight = Sight(run, run.metrics.series, config, criteria)
    return tuple(row for model in MODELS for row in model(sight))


def facts(rows: tuple[AuditRow, ...]) -> dict[str, float]:
    """Numbers for rules: ``implied_x``, ``implied_x_low``, ``implied_x_high``, ``contradicted_x``."""
    found: dict[str, float] = {}
    for one in rows:
        found[f"implied_{one.name}"] = one.best
        found[f"implied_{one.name}_low"] = one.low
        found[f"implied_{one.name}_high"] = one.high
        found[f"contradicted_{one.name}"] = float(one.contradicted)
    return found
