"""``rldoctor inspect``: what was read and how it was understood. No rule runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rldoctor.commands.derived import decided, derived, prepared
from rldoctor.commands.inspect_text import show_run
from rldoctor.commands.option_kinds import one_of
from rldoctor.commands.options import Options
from rldoctor.commands.problems import EXIT_FAILED
from rldoctor.commands.reading import Loaded, read_all, too_much_lost
from rldoctor.model.config import Knob
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.report import audited
from rldoctor.report.clean import encodable
from rldoctor.report.derived import document as as_data
from rldoctor.report.json_report import as_json, text

FORMATS = ("terminal", "json")


def inspect(paths: Sequence[str], options: Options, format: str) -> int:
    """Print what every run under the paths holds; 2 when a path has no readable run."""
    form = one_of(format, FORMATS, "--format")
    decided(options)  # fails before the long work where --env names no task
    loaded = read_all(paths, options)
    if form == "json":
        sys.stdout.write(text(as_json(document(loaded, options))) + "\n")
    else:
        from rldoctor.report.terminal_parts import console

        out = console()
        for position, run in enumerate(loaded.runs):
            if position:
                out.rule(style="dim", characters="-")
            show_run(run, out, options)
    lost = too_much_lost(loaded.runs, loaded.reading(strict=options.strict))
    return EXIT_FAILED if loaded.unread or lost else 0


def document(loaded: Loaded, options: Options) -> dict[str, object]:
    """Everything as plain data."""
    return {
        "schema": 1,
        "runs": [run_document(run, options) for run in loaded.runs],
        "failures": loaded.failures,
    }


def run_document(run: Run, options: Options) -> dict[str, object]:
    """One run as plain data."""
    context = prepared(run, options)
    match = context.achieved.task
    return {
        "path": str(run.path),
        "id": run.id,
        "format": run.format,
        "framework": run.framework,
        "algorithm": run.algorithm,
        "env": run.env,
        "task": {"id": match.task.id if match.task is not None else None, "how": match.how},
        "seed": run.seed,
        "axis": run.axis,
        "axis_note": run.axis_note,
        "steps": run.last_step,
        "metrics": [_series(series) for series in run.metrics.series.values()],
        "alternates": [_series(series) for series in run.metrics.alternates],
        "derived": [as_data(one) for one in derived(context)],
        "audit": [audited.document(one) for one in context.audit],
        "unmapped": [{"tag": raw.tag, "points": len(raw.values)} for raw in run.metrics.unmapped],
        "ignored": list(run.metrics.ignored),
        "config": [_knob(knob) for knob in run.config.knobs.values()],
        "unmapped_config": [
            {"key": s.key, "value": str(s.value), "source": s.source} for s in run.config.unmapped
        ],
        "notes": [
            {"code": n.code, "level": n.level, "text": n.text, "tags": list(n.tags), "lost": n.lost}
            for n in run.notes
        ],
    }


def _series(series: Series) -> dict[str, object]:
    return {
        "metric": series.name,
        "tag": series.tag,
        "unit": series.unit,
        "axis": series.axis,
        "points": len(series),
        "first_step": float(series.steps[0]) if len(series) else None,
        "last_step": float(series.steps[-1]) if len(series) else None,
        "window": series.window,
        "estimator": series.estimator,
        "aggregation": series.aggregation,
        "attributes": dict(series.attributes),
    }


def _knob(knob: Knob) -> dict[str, object]:
    return {
        "knob": knob.name,
        "value": knob.value,
        "key": knob.key,
        "written": encodable(knob.written),
        "source": knob.source,
        "note": knob.note,
    }
