"""The derived quantities of a run that no rule has looked at yet, for ``rldoctor inspect``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

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
