"""Two runs, sick and with the fix applied, to a proof."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path

import numpy as np

from rldoctor.api import came_true, diagnose, load
from rldoctor.errors import ReadError, UsageError
from rldoctor.model.finding import Diagnosis, Outcome
from rldoctor.model.run import Run
from rldoctor.plain_data import dataclass
from rldoctor.proof.apply import AppliedFix, Refusal, constructor_defaults, first_change
from rldoctor.training.catalog import TASKS
from rldoctor.training.faults import FAULTS
from rldoctor.training.plan import Plan

YES, NO, UNKNOWN = "yes", "no", "not measured"
LAST = 0.25
"""Share of a run over which its return is taken."""
_OUTCOMES = ("episode_return", "eval_return")


@dataclass(frozen=True, slots=True)
class Attempt:
    """A diagnosed sick run, and what the machine makes of its first root's prescriptions (None: nothing)."""

    plan: Plan
    sick: Diagnosis
    change: AppliedFix | None
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of one prescription.

    ``gone``: the rule looked at the fixed run and did not fire; ``came_true``: the check of its ``expect``
    holds there. Both are yes, no, not measured, or "" when nothing was applied. ``values`` are the numbers
    of that check. Returns are medians of the last quarter in the reward of the plain task, None where the
    reward is another one (``returns_note`` says so) or nothing was logged. ``seconds`` is the wall time of
    the fixed training.
    """

    fault: str
    algo: str
    env: str
    variant: str
    seed: int
    steps: int
    root: str
    title: str
    labelled: bool
    fix: str = ""
    key: str = ""
    old: str = ""
    new: str = ""
    refused: tuple[tuple[str, str], ...] = ()
    gone: str = ""
    expect: str = ""
    check: str = ""
    came_true: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    before: float | None = None
    after: float | None = None
    healthy: float | None = None
    returns_note: str = ""
    verdict_before: str = ""
    verdict_after: str = ""
    left: tuple[str, ...] = ()
    stopped: str = ""
    seconds: float | None = None

    @property
    def task(self) -> str:
        """``algo env[-variant]``."""
        return f"{self.algo} {self.env}" + (f" {self.variant}" if self.variant else "")


def diagnosed(plan: Plan, folder: Path) -> Attempt:
    """Diagnose the sick run in ``folder``, which ``plan`` describes, and carry out the first fix that can be.

    Raises:
        ReadError: no readable run there, or several. UsageError: it is not the run that the plan describes.
    """
    run = only_run(folder)
    _same(plan, run)
    sick = diagnose(run)
    if not sick.roots:
        return Attempt(plan, sick, None)
    change, refused = first_change(sick.roots[0].finding.prescriptions, plan, run.wording)
    return Attempt(plan, sick, change, refused)


def only_run(folder: Path) -> Run:
    """The run of a folder. ReadError when there is none, or more than one."""
    found = load(folder)
    if len(found) != 1:
        raise ReadError(
            f"{folder}: expected one run, found {len(found)}", hint="see: rldoctor inspect " + str(folder)
        )
    return found.runs[0]


def _same(plan: Plan, run: Run) -> None:
    """The log must be that of the plan: a fix of another run proves nothing."""
    told = {"algorithm": run.algorithm, "environment": run.env, "seed": run.seed}
    asked = {"algorithm": plan.algo, "environment": plan.env_id, "seed": plan.seed}
    for name, value in asked.items():
        if told[name] not in (None, "", value):
            raise UsageError(
                f"{run.path}: the {name} is {told[name]}, not {value}",
                hint="--env, --algo and --first-seed must be those of the run in --from",
            )


def judged(attempt: Attempt, fixed: Path, seconds: float | None = None, stopped: str = "") -> Proof:
    """Compare the run in ``fixed``, trained with the change, with the sick one."""
    change = attempt.change
    assert change is not None, "nothing was applied"
    before = unjudged(attempt)
    run = only_run(fixed)
    after, code = diagnose(run), before.root
    answer = came_true(run, code)
    plain = _comparable(attempt.plan, change.plan)
    return replace(
        before,
        gone=_gone(after, code),
        came_true=_word(answer.came_true) if before.check else "",
        values=dict(answer.values),
        after=plain_return(run, change.plan) if plain else None,
        verdict_after=after.verdict,
        left=tuple(root.finding.code for root in after.roots),
        seconds=None if seconds is None else round(seconds, 1),
        stopped=stopped,
    )


def unjudged(attempt: Attempt) -> Proof:
    """What is known of an attempt before its fixed run, or when there is none."""
    plan, sick, change = attempt.plan, attempt.sick, attempt.change
    finding = sick.roots[0].finding if sick.roots else None
    code = finding.code if finding else ""
    labelled = bool(plan.fault) and code in FAULTS[plan.fault].roots
    plain = change is None or _comparable(plan, change.plan)
    return Proof(
        fault=plan.fault,
        algo=plan.algo,
        env=plan.env_id,
        variant=plan.variant,
        seed=plan.seed,
        steps=plan.steps,
        root=code,
        title=finding.title if finding else "",
        labelled=labelled,
        fix=change.fix if change else "",
        key=change.key if change else "",
        old=change.old if change else "",
        new=change.new if change else "",
        refused=tuple((one.fix, one.why) for one in attempt.refused),
        expect=finding.expect if finding else "",
        check=finding.expect_check if finding else "",
        before=plain_return(sick.run, plan) if plain else None,
        returns_note="" if plain else "the fix changes the form of the reward: returns do not compare",
        verdict_before=sick.verdict,
    )


def _gone(diagnosis: Diagnosis, code: str) -> str:
    """Whether a rule looked and found nothing."""
    result = next((one for one in diagnosis.results if one.code == code), None)
    if result is None or result.outcome in (Outcome.NOT_MEASURED, Outcome.ERROR):
        return UNKNOWN
    return NO if result.outcome is Outcome.FIRED else YES


def _word(answer: bool | None) -> str:
    return UNKNOWN if answer is None else YES if answer else NO


def _comparable(sick: Plan, other: Plan) -> bool:
    """Whether the rewards of two plans differ by a factor at most."""
    return sick.reward.sharpness == other.reward.sharpness and sick.tampering == other.tampering


def plain_return(run: Run, plan: Plan) -> float | None:
    """Median return of the last quarter of a run, without the factor that the plan puts on the reward."""
    series = next((run.metrics.series[name] for name in _OUTCOMES if name in run.metrics.series), None)
    if series is None or not len(series) or plan.reward.factor == 0:
        return None
    late = series.values[series.steps >= (1 - LAST) * series.steps[-1]]
    late = late[np.isfinite(late)]
    value = float(np.median(late)) / plan.reward.factor if late.size else math.nan
    return float(f"{value:.6g}") if math.isfinite(value) else None


def with_healthy(proof: Proof, attempt: Attempt, collection: Path) -> Proof:
    """The same proof with the return of the healthy reference run: of the same seed, or of another one."""
    plan = attempt.change.plan if attempt.change else attempt.plan
    task = _task(plan)
    if task is None or not _comparable(task, plan):
        return proof
    stem = task.name.removesuffix(str(plan.seed))
    folders = sorted((collection / "healthy").glob(f"{stem}[0-9]*"))
    folders.sort(key=lambda folder: folder.name != task.name)
    return replace(proof, healthy=plain_return(only_run(folders[0]), task)) if folders else proof


def as_healthy(attempt: Attempt, collection: Path) -> Path | None:
    """The healthy run of the collection that was trained with exactly the changed plan, if there is one.

    A fix may restore what the task had before the fault; such a run need not be trained a second time.
    """
    plan = attempt.change.plan if attempt.change else None
    if plan is None or not (collection / "healthy" / plan.name).is_dir() or plan.probe or plan.diagnostics:
        return None
    task = _task(plan)
    same = task is not None and _explicit(replace(plan, fault="")) == _explicit(task)
    return collection / "healthy" / plan.name if same else None


def _explicit(plan: Plan) -> Plan:
    """The plan with every default of the learner spelled out."""
    return replace(plan, hyper={**constructor_defaults(plan.algo), **plan.hyper})


def _task(plan: Plan) -> Plan | None:
    """The catalogue's plan of the same task and seed, None when the catalogue has none."""
    known = {(one.algo, one.env_id, one.variant): one for one in TASKS}
    task = known.get((plan.algo, plan.env_id, plan.variant))
    return None if task is None else task.plan(seed=plan.seed)


class Clock:
    """Wall time since it was made."""

    def __init__(self) -> None:
        """Start."""
        self.started = time.monotonic()

    def seconds(self) -> float:
        """Seconds so far."""
        return time.monotonic() - self.started
