"""What follows from a run before any rule looks: derived quantities and audit, for ``rldoctor inspect``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rldoctor.model.audit import AuditRow
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run
from rldoctor.report.derived import Quantity, quantities

if TYPE_CHECKING:
    from rldoctor.engine.prepared_run import PreparedRun


def derived(run: Run, rules_dirs: Sequence[Path] = ()) -> list[Quantity]:
    """What ``analyze`` would compute from this run before any rule runs."""
    context = _prepared(run, rules_dirs)
    return list(quantities(context.derivations, MetricFrame(context.metrics)))


def audit_of(run: Run, rules_dirs: Sequence[Path] = ()) -> tuple[AuditRow, ...]:
    """What the log implies of the settings and mechanisms."""
    return _prepared(run, rules_dirs).audit


def _prepared(run: Run, rules_dirs: Sequence[Path]) -> PreparedRun:
    from rldoctor.datafiles.packs import pack_directories
    from rldoctor.engine.policy import load_derived, load_policy
    from rldoctor.engine.prepared_run import prepare
    from rldoctor.paths import builtin_rules_dir

    made = load_derived(*pack_directories(rules_dirs))
    return prepare(run, load_policy(builtin_rules_dir()), made)
