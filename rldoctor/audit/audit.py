"""The audit of one run: every model asked once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

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


def audit(run: Run, criteria: AuditCriteria) -> tuple[AuditRow, ...]:
    """What the log of a run implies, in the order of the models. Only logged series are looked at."""
    config = {name: number for name in run.config if (number := run.config.number(name)) is not None}
    sight = Sight(run, run.metrics.series, config, criteria)
    # A model that meets numbers it was not made for adds nothing; it must not end the diagnosis of the run.
    with np.errstate(all="ignore"):
        return tuple(row for model in MODELS for row in _rows(model, sight))


def _rows(model: Model, sight: Sight) -> list[AuditRow]:
    try:
        return list(model(sight))
    except (ArithmeticError, ValueError, IndexError):
        return []
