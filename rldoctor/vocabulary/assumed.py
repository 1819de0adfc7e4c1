"""Knobs nobody wrote down: fixed in a framework's code, its documented defaults, or logged as a metric."""

from __future__ import annotations

from collections.abc import Mapping

from rldoctor.model.algorithms import matches
from rldoctor.model.config import Knob, RunConfig
from rldoctor.model.series import Series
from rldoctor.vocabulary.spelling import key_for
from rldoctor.vocabulary.tables import Table


def add_constants(knobs: dict[str, Knob], table: Table, algorithm: str) -> None:
    """Knobs the framework fixes in code, once anything of the configuration is known."""
    for name, constant in table.constants.items():
        applies = not constant.when_algorithm or matches(algorithm, constant.when_algorithm)
        factors = [knobs[one].number() if one in knobs else None for one in constant.per]
        if name in knobs or not knobs or not applies or any(factor is None for factor in factors):
            continue
        value = constant.value
        for factor in factors:
            value *= factor or 1.0
        source = f"fixed by {table.name}"
        knobs[name] = Knob(name, value, name, value, source)


def add_defaults(knobs: dict[str, Knob], table: Table, algorithm: str) -> None:
    """Documented defaults for what the log does not say; their source begins with ``default``."""
    source = f"default of {table.name} {table.defaults_version}, not in the log"
    for name, value in table.defaults.get(algorithm, {}).items():
        if name not in knobs:
            knobs[name] = Knob(name, value, key_for(name, table, algorithm), value, source)


_LOGGED_KNOBS = {
    "learning_rate": "learning_rate",
    "learning_rate_critic": "critic_lr",
    "clip_range": "clip_range",
}


def with_logged(config: RunConfig, series: Mapping[str, Series], table: Table, algorithm: str) -> RunConfig:
    """Hyperparameters that are themselves logged: their first value where no configuration says it."""
    knobs = dict(config.knobs)
    for metric, name in _LOGGED_KNOBS.items():
        found = series.get(metric)
        known = knobs.get(name)
        if found is None or (known is not None and not known.source.startswith("default")):
            continue
        values = found.finite().values
        if values.size:
            value = float(f"{values[0]:.6g}")  # float32 in TensorBoard: 0.0003 comes back as 0.00029999...
            key = key_for(name, table, algorithm)
            knobs[name] = Knob(name, value, key, value, f"first value of {found.tag}")
    return RunConfig(knobs, config.unmapped)
