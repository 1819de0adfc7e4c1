"""What follows from a run before any rule looks: task, audit, derived quantities (``inspect``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rldoctor.commands.options import Options
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run

if TYPE_CHECKING:
    from rldoctor.engine.policy import Policy
    from rldoctor.engine.prepared_run import PreparedRun
    from rldoctor.report.derived import Quantity


def derived(context: PreparedRun) -> list[Quantity]:
    """What ``analyze`` would compute from this run before any rule runs."""
    from rldoctor.report.derived import quantities

    return list(quantities(context.derivations, MetricFrame(context.metrics)))


def prepared(run: Run, options: Options) -> PreparedRun:
    """The run as the rules see it: task, audit and derived quantities."""
    from rldoctor.datafiles.packs import pack_directories
    from rldoctor.engine.policy import load_derived
    from rldoctor.engine.prepared_run import prepare

    made = load_derived(*pack_directories(options.rules_dirs))
    return prepare(run, decided(options), made)


def decided(options: Options) -> Policy:
    """What is decided about runs as a whole; UsageError where ``--env`` names no known task."""
    from rldoctor import api

    return api.policy(options.rules_dirs, **options.task_arguments())
