"""``python -m rldoctor.training.fault_page > docs/faults.md``: the page on the plantable faults."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rldoctor.training.catalog import TASKS
from rldoctor.training.fault import Fault
from rldoctor.training.faults import FAULTS
from rldoctor.training.faults_replay import REPLAY_FAULTS
from rldoctor.training.faults_rollouts import ROLLOUT_FAULTS
from rldoctor.training.faults_task import TASK_FAULTS
from rldoctor.training.faults_wiring import WIRING_FAULTS
from rldoctor.training.recipe import Recipe

_INTRODUCTION = """# Faults that can be planted

Each of these plants one documented fault in a training that is healthy without it:

    rldoctor reference --env Pendulum-v1 --algo ppo --fault lr-too-high --out runs

*Should fire* lists the rules that are a correct headline, best first; *may also* lists symptoms. Not
every fault shows in every run: tuned learners overcome some, and short runs hide others. What the bundled
runs showed is in their `run.yaml`. Faults that show only in what Stable-Baselines3 does not log (gradient
norms, Q values, action saturation) need `DiagnosticsCallback`, which `rldoctor reference` attaches.

This page is written by `python -m rldoctor.training.fault_page`.
"""


def page() -> str:
    """The page in Markdown: every fault once, in groups."""
    grouped = {
        "Rollouts, minibatches, epochs, clips (on-policy)": ROLLOUT_FAULTS,
        "Warm-up, noise, update ratio, temperature (off-policy)": REPLAY_FAULTS,
        "Wiring and schedules": WIRING_FAULTS,
        "The environment": TASK_FAULTS,
    }
    named = {fault.name for group in grouped.values() for fault in group}
    others = tuple(fault for fault in FAULTS.values() if fault.name not in named)
    groups = {"Learning rate, reward scale, buffer, targets, entropy": others, **grouped}
    sections = [_section(title, faults) for title, faults in groups.items()]
    return "\n".join([_INTRODUCTION, *sections, _tasks()])


def _section(title: str, faults: Sequence[Fault]) -> str:
    """One group under its heading."""
    return "\n".join([f"## {title}", "", *map(_entry, faults)])


def _entry(fault: Fault) -> str:
    """One fault: what, how, cause, rules."""
    variant = f" Variant `{fault.variant}`." if fault.variant else ""
    symptoms = f"; may also: {_codes(fault.symptoms)}" if fault.symptoms else ""
    return "\n".join(
        [
            f"### {fault.name}",
            "",
            f"{fault.doc} Cause: {fault.cause}.",
            "",
            f"- planted: {fault.how}",
            f"- algorithms: {', '.join(fault.algos)}.{variant}",
            f"- should fire: {_codes(fault.roots)}{symptoms}",
            "",
        ]
    )


def _codes(codes: Sequence[str]) -> str:
    """Rule codes, linked to their pages."""
    return ", ".join(f"[{code}](rules/{code}.md)" for code in codes)


def _tasks() -> str:
    """The tasks that faults are planted on."""
    rows = [_row(task) for task in TASKS]
    head = ["## Tasks", "", "| algorithm | environment | steps | hyperparameters |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def _row(task: Recipe) -> str:
    """One line of the table of tasks."""
    variant = f" ({task.variant})" if task.variant else ""
    return f"| {task.algo} | {task.env_id}{variant} | {task.steps:,} | {task.source} |"


if __name__ == "__main__":
    sys.stdout.write(page())
