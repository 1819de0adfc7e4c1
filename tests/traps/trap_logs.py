"""Logs with the traps of real ones, written by the real writers, and what the diagnosis says of them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from rldoctor.api import diagnose, load, rules
from rldoctor.model.finding import Diagnosis, Finding, Outcome, Severity
from rldoctor.model.run import Run

Floats = npt.NDArray[np.floating[Any]]
Curve = Callable[[float], float]
Columns = Mapping[str, Floats]
Tags = dict[str, tuple[Floats, Floats, float]]
START = 1_700_000_000.0


def source(seed: int = 0) -> np.random.Generator:
    """A seeded source of noise."""
    return np.random.default_rng(seed)


def rise(progress: Floats, at: float, width: float = 0.05) -> Floats:
    """A logistic step from 0 to 1, half way at ``at``."""
    slope: Floats = 1.0 / (1.0 + np.exp(-(progress - at) / width))
    return slope


def episodes(
    steps: Floats, level: Curve, length: Curve, spread: float, *, seed: int = 0, window: int = 100
) -> tuple[Floats, Floats]:
    """Return and length of the last ``window`` finished episodes at each step; NaN before the first one.

    ``level`` and ``length`` take the step; returns scatter with the standard deviation ``spread``.
    """
    noise = source(seed)
    ends, returns, lengths = [0.0], [0.0], [0.0]
    while ends[-1] < steps[-1]:
        lengths.append(max(1.0, round(length(ends[-1]))))
        returns.append(level(ends[-1]) + spread * float(noise.normal()))
        ends.append(ends[-1] + lengths[-1])
    done = np.searchsorted(np.array(ends), steps, side="right")
    total, walked = np.cumsum(returns), np.cumsum(lengths)
    first = np.maximum(done - 1 - window, 0)
    count = np.maximum(done - 1 - first, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (total[done - 1] - total[first]) / count, (walked[done - 1] - walked[first]) / count


def write_events(folder: Path, tags: Tags, *, seconds: float = 3600.0, begin: float = 0.0) -> Path:
    """A TensorBoard event file of real records from ``begin`` on, for ``seconds``; NaN is no point."""
    writers = pytest.importorskip("torch.utils.tensorboard")
    records = [
        (START + begin + seconds * until * (index + 1) / steps.size, tag, float(value), int(step))
        for tag, (steps, values, until) in tags.items()
        for index, (step, value) in enumerate(zip(steps, values, strict=True))
        if not np.isnan(value)
    ]
    with writers.SummaryWriter(str(folder), filename_suffix=f".{begin:g}") as writer:
        for wall, tag, value, step in sorted(records):
            writer.add_scalar(tag, value, step, walltime=wall)
    return folder


def on(steps: Floats, columns: Columns, *, until: float = 1.0) -> Tags:
    """Tags of ``write_events`` that share their steps, and are written up to this share of the time."""
    return {tag: (steps, values, until) for tag, values in columns.items()}


def write_sb3(folder: Path, steps: Floats, columns: Columns, formats: Sequence[str] = ("csv",)) -> Path:
    """A log of Stable-Baselines3's own logger, one dump per step. NaN is a key that was not recorded then."""
    logging = pytest.importorskip("stable_baselines3.common.logger")
    logger = logging.configure(str(folder), list(formats))
    for index, step in enumerate(steps):
        for tag, values in columns.items():
            if not np.isnan(values[index]):
                logger.record(tag, float(values[index]))
        logger.record("time/total_timesteps", int(step), exclude="tensorboard")
        logger.dump(int(step))
    logger.close()
    return folder


def write_table(path: Path, columns: Mapping[str, Sequence[Any] | Floats], delimiter: str = ",") -> Path:
    """A table in text, one row per point; NaN is the text ``nan``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def write_config(folder: Path, **config: Any) -> Path:
    """``config.json`` beside a log."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def run_of(path: Path) -> Run:
    """The only run under ``path``."""
    (run,) = load(path).runs
    return run


def diagnosis_of(path: Path) -> Diagnosis:
    """The diagnosis of the only run under ``path``, with no rule that failed."""
    found = diagnose(run_of(path))
    assert [(one.code, one.error) for one in found.results if one.outcome is Outcome.ERROR] == []
    return found


def fired(diagnosis: Diagnosis) -> dict[str, Finding]:
    """Every finding by its code, roots and symptoms."""
    return {one.code: one.finding for one in diagnosis.results if one.finding is not None}


def alarms(diagnosis: Diagnosis) -> list[str]:
    """Roots that stand as an error or worse."""
    return [root.finding.code for root in diagnosis.roots if root.severity >= Severity.ERROR]


def roots(diagnosis: Diagnosis) -> list[str]:
    """Codes of the roots, worst first."""
    return [root.finding.code for root in diagnosis.roots]


def outcome(diagnosis: Diagnosis, code: str) -> Outcome:
    """What became of a rule; the test is skipped where the rule does not exist yet."""
    if code not in {rule.code for rule in rules()}:
        pytest.skip(f"rule {code} not written yet")
    return next(one.outcome for one in diagnosis.results if one.code == code)


def assert_quiet(diagnosis: Diagnosis, looked: Sequence[str], never: Sequence[str] = ()) -> None:
    """No error in the run, ``looked`` really looked and found nothing, and ``never`` did not fire at all."""
    assert alarms(diagnosis) == [], [(root.finding.code, root.finding.message) for root in diagnosis.roots]
    passed = {one.code for one in diagnosis.results if one.outcome is Outcome.PASSED}
    reasons = {one.code: (one.outcome.value, one.reason) for one in diagnosis.results if one.code in looked}
    assert set(looked) <= passed, reasons
    assert set(fired(diagnosis)).isdisjoint(never)
