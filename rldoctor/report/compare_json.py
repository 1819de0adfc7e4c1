"""The comparison as JSON: every field of :mod:`rldoctor.model.comparison`, runs by their identity only.

``compare_schema.json`` beside this file is its published JSON Schema.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from rldoctor import __version__
from rldoctor.model.comparison import Arm, Comparison
from rldoctor.model.finding import Severity
from rldoctor.report.json_report import as_json, text

SCHEMA = 1


def render(comparison: Comparison) -> str:
    """The report as JSON text: valid everywhere, NaN and infinity are null."""
    return text(document(comparison)) + "\n"


def document(comparison: Comparison) -> dict[str, Any]:
    """The report as plain dicts and lists."""
    body = {one.name: _plain(getattr(comparison, one.name)) for one in fields(comparison)}
    safe: dict[str, Any] = as_json({"schema": SCHEMA, "rldoctor": __version__, "kind": "comparison", **body})
    return safe


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) that every comparison of this version satisfies."""
    text = Path(__file__).with_name("compare_schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _plain(value: Any) -> Any:
    """Dataclasses as dicts, tuples as lists, severities and verdicts by name, numpy numbers as Python's."""
    if isinstance(value, Arm):
        return _arm(value)
    if isinstance(value, Severity):
        return value.label
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    return value.item() if isinstance(value, np.generic) else value


def _arm(arm: Arm) -> dict[str, Any]:
    told: list[str | None] = [diagnosis.verdict for diagnosis in arm.diagnoses]
    verdicts = told or [None] * len(arm.runs)
    runs = [
        {
            "id": run.id,
            "path": str(run.path),
            "framework": run.framework,
            "algorithm": run.algorithm,
            "env": run.env,
            "seed": run.seed,
            "steps": float(run.last_step),
            "axis": run.axis,
            "verdict": verdict,
        }
        for run, verdict in zip(arm.runs, verdicts, strict=True)
    ]
    return {"name": arm.name, "path": arm.path, "runs": runs, "summary": _plain(arm.summary)}
