"""The audit of one run: every model asked once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from rldoctor.audit.bellman import bellman
from rldoctor.audit.counters import counters
from rldoctor.audit.criteria import AuditCriteria
from rldoctor.audit.critic import critic
from rldoctor.audit.episodes import episodes, exploration
from rldoctor.audit.first_update import first_update
from rldoctor.audit.gradients import gradients
from rldoctor.audit.loss import loss_parts
from rldoctor.audit.policy import policy
from rldoctor.audit.ratio import ratio
from rldoctor.audit.sight import Sight, assumed
from rldoctor.audit.td_error import td_error
from rldoctor.audit.temperature import temperature
from rldoctor.model.audit import AuditRow
from rldoctor.model.config import Knob
from rldoctor.model.run import Run
from rldoctor.plain_data import replace

Model = Callable[[Sight], Iterator[AuditRow]]
MODELS: tuple[Model, ...] = (
    counters,
    loss_parts,
    gradients,
    policy,
    ratio,
    temperature,
    critic,
    bellman,
    td_error,
    first_update,
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


def with_implied(run: Run, rows: Iterable[AuditRow], criteria: AuditCriteria) -> Run:
    """The run with the settings that its log gives away.

    A counter in the log is surer than a library's default, which may be that of another version, and surer
    than a configuration that it contradicts (one file for many runs, a value that the library reads
    otherwise). The source of such a setting says so; what was written stays in the audit's row.
    """
    knobs = dict(run.config.knobs)
    for one in rows:
        name = criteria.quantities[one.name].sets
        known = knobs.get(name)
        if not name or not math.isfinite(one.best):
            continue
        # An interval that holds the library's default says nothing that the default does not.
        vague = one.configured is not None and one.low <= one.configured <= one.high
        if known is None or (assumed(known) and not vague) or one.contradicted:
            key = known.key if known is not None else name
            knobs[name] = Knob(name, one.best, key, one.best, f"by the log: {one.arithmetic}")
    return replace(run, config=replace(run.config, knobs=knobs))


def facts(rows: tuple[AuditRow, ...]) -> dict[str, float]:
    """Numbers for rules: ``implied_x``, ``implied_x_low``, ``implied_x_high``, ``contradicted_x``.

    And ``configured_x``, what was written: the setting itself is that of the log where the two differ.
    """
    found: dict[str, float] = {}
    for one in rows:
        found[f"implied_{one.name}"] = one.best
        found[f"implied_{one.name}_low"] = one.low
        found[f"implied_{one.name}_high"] = one.high
        found[f"configured_{one.name}"] = math.nan if one.configured is None else one.configured
        # A default that nobody wrote down may be refuted; that is no fault of the run.
        found[f"contradicted_{one.name}"] = float(one.contradicted and not one.assumed)
    return found
