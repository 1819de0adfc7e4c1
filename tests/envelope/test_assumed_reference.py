"""A log that names no environment is held against the reference of the task that it looks like."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import rldoctor
from rldoctor.model.config import RunConfig
from rldoctor.model.run import Run

HEALTHY = Path(__file__).parents[2] / "reference_runs" / "healthy" / "sac-Pendulum-v1-2"

pytestmark = pytest.mark.skipif(not HEALTHY.is_dir(), reason="needs the bundled runs")


def nameless() -> Run:
    """A bundled run as it lies in the folder of a default logger, without any configuration."""
    run = max(rldoctor.load(HEALTHY), key=lambda one: len(one.metrics))
    return replace(run, id="SAC_1", path=Path("runs/SAC_1"), env="", config=RunConfig())


def test_the_reference_of_the_task_that_it_looks_like() -> None:
    found = rldoctor.diagnose(nameless())
    assert found.reference.envelope is not None
    assert (found.reference.envelope.env, found.reference.assumed) == ("Pendulum-v1", True)
    assert found.verdict in ("healthy", "info")


def test_none_where_references_are_off_or_something_is_named() -> None:
    assert rldoctor.diagnose(nameless(), references=["off"]).reference.envelope is None
    named = rldoctor.diagnose(replace(nameless(), env="MyPendulum-v0"))
    assert named.reference.envelope is None
    told = rldoctor.diagnose(replace(nameless(), env="Pendulum-v1"))
    assert told.reference.envelope is not None
    assert not told.reference.assumed
