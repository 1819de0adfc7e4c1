"""Two arms of runs in, a comparison out: effect, first departures, configuration, findings, seeds."""

from __future__ import annotations

from rldoctor.comparison.arms import compare_arms

__all__ = ["compare_arms"]
