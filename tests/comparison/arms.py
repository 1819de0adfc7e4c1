"""Arms made by hand: learning curves with seed luck, noise and autocorrelation."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rldoctor.comparison.criteria import load_criteria
from rldoctor.model.comparison import Arm
from rldoctor.model.config import Knob, RunConfig
from rldoctor.model.frame import MetricFrame
from rldoctor.model.raw import RawSetting
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.paths import builtin_rules_dir

CRITERIA = load_criteria(builtin_rules_dir())
POINTS = 150
STEPS = 2000.0 * np.arange(1, POINTS + 1)


def learning_curve(rng, *, level=200.0, seed_sd=0.1, noise=0.05, memory=0.8):
    """A sigmoid from 20 to 20 + level; its height and timing differ from seed to seed."""
    top = level * (1 + seed_sd * rng.standard_normal())
    middle = 0.3 + 0.08 * rng.standard_normal()
    curve = 20 + top / (1 + np.exp(-(np.linspace(0, 1, POINTS) - middle) / 0.06))
    error = np.zeros(POINTS)
    for i, shock in enumerate(rng.standard_normal(POINTS) * noise * level):
        error[i] = (memory * error[i - 1] if i else 0.0) + np.sqrt(1 - memory**2) * shock
    return curve + error


def run_of(name, metrics, *, env="", knobs=None, raw=None, steps=STEPS, axis="env_steps"):
    config = RunConfig(
        {key: Knob(key, value, key, value, "config.yml:1") for key, value in (knobs or {}).items()},
        tuple(RawSetting(key, value, "config.yml:2") for key, value in (raw or {}).items()),
    )
    series = {
        metric: Series(metric, steps[: values.size], values, metric, axis=axis)
        for metric, values in metrics.items()
    }
    return Run(name, Path("/runs") / name, "csv", "generic", "ppo", MetricFrame(series), config, env=env)


def arm(name, rng, seeds, **shape):
    """An arm of ``seeds`` runs that log the return and a KL."""
    runs = [
        run_of(
            f"seed{i}",
            {
                "episode_return": learning_curve(rng, **shape),
                "approx_kl": np.abs(rng.normal(0.01, 0.003, POINTS)),
            },
        )
        for i in range(seeds)
    ]
    return Arm(name, f"runs/{name}", tuple(runs))
