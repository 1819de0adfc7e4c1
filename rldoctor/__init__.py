"""rldoctor: the doctor for deep-RL training runs.

Reads the log of a finished or stopped run and says which documented pathology it has, since when,
why, and what to change. Importing this package imports nothing heavy: every public name is resolved
on first use (PEP 562).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from rldoctor.api import compare, diagnose, plot
    from rldoctor.loading import load
    from rldoctor.model.comparison import Comparison
    from rldoctor.model.finding import Diagnosis, Finding
    from rldoctor.model.frame import MetricFrame
    from rldoctor.model.run import Run

_HOMES = {
    "load": "rldoctor.loading",
    "diagnose": "rldoctor.api",
    "compare": "rldoctor.api",
    "plot": "rldoctor.api",
    "Comparison": "rldoctor.model.comparison",
    "Run": "rldoctor.model.run",
    "MetricFrame": "rldoctor.model.frame",
    "Diagnosis": "rldoctor.model.finding",
    "Finding": "rldoctor.model.finding",
}

__all__ = [
    "Comparison",
    "Diagnosis",
    "Finding",
    "MetricFrame",
    "Run",
    "__version__",
    "compare",
    "diagnose",
    "load",
    "plot",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its home module on first access."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'rldoctor' has no attribute {name!r}")
