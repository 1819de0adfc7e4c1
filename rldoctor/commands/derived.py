"""What follows from a run before any rule looks: derived quantities and audit, for ``rldoctor inspect``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rldoctor.model.audit import AuditRow
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run
from rldoctor.report.derived import Quantity, quantities


def derived(run: Run, rules_dirs: Sequence[Path] = ()) -> list[Quantity]:
    """What ``analyze`` would compute from this run before any rule runs."""
    from rldoctor.datafiles.packs import pack_directories
    from rldoctor.engine.policy import load_derived, load_policy
    from rldoctor.engine.prepared_run import prepare
    from rldoctor.paths import builtin_rules_dir

    made = load_derived(*pack_directories(rules_dirs))
    context = prepare(run, load_policy(builtin_rules_dir()), made)
    return list(quantities(context.derivations, MetricFrame(context.metrics)))


def audit_of(run: Run) -> tuple[AuditRow, ...]:
    """What the log implies of the settings and mechanisms."""
    from rldoctor.audit.audit import audit
    from rldoctor.audit.criteria_file import read_criteria
    from rldoctor.paths import builtin_rules_dir

    return audit(run, read_criteria(builtin_rules_dir()))
