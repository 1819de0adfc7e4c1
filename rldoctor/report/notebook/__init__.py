"""The objects of the Python API in a notebook: HTML fragments and Plotly figures."""

from __future__ import annotations

from rldoctor.model.comparison import Comparison
from rldoctor.model.display import show_with
from rldoctor.model.finding import Diagnosis
from rldoctor.model.run import Run


def register() -> None:
    """Say how runs, diagnoses and comparisons look in a notebook. What draws them is imported when needed."""
    show_with(Run, _run)
    show_with(Diagnosis, _diagnosis)
    show_with(Comparison, _comparison)


def _run(run: Run) -> str:
    from rldoctor.report.notebook.fragments import of_run

    return of_run(run)


def _diagnosis(diagnosis: Diagnosis) -> str:
    from rldoctor.report.notebook.fragments import of_diagnosis

    return of_diagnosis(diagnosis)


def _comparison(comparison: Comparison) -> str:
    from rldoctor.report.notebook.fragments import of_comparison

    return of_comparison(comparison)
