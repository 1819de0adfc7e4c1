"""The options of ``rldoctor reference``, and the plans they describe."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rldoctor.errors import UsageError
from rldoctor.training.assignments import assignment
from rldoctor.training.catalog import TASKS, task_for
from rldoctor.training.control import Control
from rldoctor.training.faults import FAULTS, find_fault
from rldoctor.training.plan import ALGORITHMS, Plan
from rldoctor.training.session import Job
from rldoctor.training.video import KINDS

KNOWN_LOGS = ("csv", "tensorboard", "aim")
LOGS = ("csv", "tensorboard")
DESCRIPTION = (
    "Train reference runs with Stable-Baselines3, healthy or with a documented fault planted. "
    "'rldoctor reference build RUNS...' makes the envelope of good runs, see its --help."
)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options; exits with the usage on ``--help``, UsageError on a wrong one."""
    parser = _Parser(prog="rldoctor reference", description=DESCRIPTION)
    parser.add_argument("--list", action="store_true", help="show the tasks and the faults")
    parser.add_argument("--env", metavar="ID", help="gymnasium environment id")
    parser.add_argument("--algo", default="sac", choices=ALGORITHMS, help="default: sac")
    parser.add_argument("--variant", default="", help="variant of the task, e.g. exp")
    parser.add_argument("--fault", default="", metavar="NAME", help="plant a fault (see --list)")
    parser.add_argument("--seeds", type=_positive, default=1, metavar="N", help="runs, one process each")
    parser.add_argument("--first-seed", type=int, default=0, metavar="S", help="seed of the first [0]")
    parser.add_argument("--steps", type=_positive, help="transitions over all environments [the task's]")
    parser.add_argument("--n-envs", type=_positive, help="environments per run [the task's]")
    parser.add_argument("--device", default="cpu", choices=("auto", "cpu", "cuda"), help="default: cpu")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="SB3 argument")
    parser.add_argument("--policy", choices=("beta",), help="bounded actions, on-policy [SB3's Gaussian]")
    parser.add_argument("--logs", type=_logs, default=LOGS, metavar="LIST", help="of csv, tensorboard, aim")
    parser.add_argument("--eval-every", type=_positive, default=0, metavar="STEPS", help="[10 times]")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the runs go [runs]")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoints in --out")
    parser.add_argument("--apply-fix", action="store_true", help="train again with the prescribed fix")
    parser.add_argument("--from", dest="source", type=Path, metavar="RUN", help="a sick run for --apply-fix")
    parser.add_argument("-f", "--format", choices=("text", "json"), default="text", help="of --apply-fix")
    parser.add_argument(
        "--video", nargs="?", const="auto", choices=KINDS, help="film the trained policy (mp4 or gif)"
    )
    parser.add_argument("--no-diagnosis", action="store_true", help="train only")
    options = parser.parse_args(list(arguments))
    if not options.list and not options.env:
        raise UsageError("which task?", hint="--env ID, for example --env FetchReachDense-v4; see --list")
    if options.source and not options.apply_fix:
        raise UsageError("--from is for --apply-fix", hint="--apply-fix --from RUN")
    return options


class _Parser(argparse.ArgumentParser):
    """Raises instead of exiting, so that errors look like everywhere else."""

    def error(self, message: str) -> None:  # type: ignore[override]
        """A wrong option."""
        raise UsageError(message, hint="see: rldoctor reference --help")


def _positive(text: str) -> int:
    """A whole number above 0."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return value


def _logs(text: str) -> tuple[str, ...]:
    """Names joined by commas."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    wrong = [name for name in names if name not in KNOWN_LOGS]
    if wrong or not names:
        raise argparse.ArgumentTypeError(f"'{text}' is not a list of {', '.join(KNOWN_LOGS)}")
    return names


def control_of(options: argparse.Namespace) -> Control:
    """How the trainings are run. The table is always written: resuming needs it."""
    return Control(
        device=options.device,
        evaluate=True,
        eval_every=options.eval_every,
        tensorboard="tensorboard" in options.logs,
        aim=_out(options) if "aim" in options.logs else None,
        checkpoints=True,
        resume=options.resume,
    )


def _out(options: argparse.Namespace) -> Path:
    """Where the runs go."""
    return options.out or Path("runs")


def jobs_of(options: argparse.Namespace) -> list[Job]:
    """One job per seed; UsageError for an unknown fault or a malformed setting."""
    out = _out(options)
    first = options.first_seed
    plans = [_plan(options, seed) for seed in range(first, first + options.seeds)]
    return [Job(plan, out / plan.fault / plan.name if plan.fault else out / plan.name) for plan in plans]


def _plan(options: argparse.Namespace, seed: int) -> Plan:
    """The plan of one seed."""
    fault = find_fault(options.fault) if options.fault else None
    variant = options.variant or (fault.variant if fault else "")
    plan = task_for(options.algo, options.env, variant).plan(seed=seed, steps=options.steps)
    if options.n_envs:
        plan = replace(plan, n_envs=options.n_envs)
    if fault:
        plan = fault.sick(plan)
    plan = plan.with_hyper(**dict(assignment(text) for text in options.set))
    if options.policy:
        plan = plan.with_hyper(policy=options.policy)
    return replace(plan, diagnostics=True)


def listing() -> str:
    """The tasks and the faults, one line each."""
    tasks = [
        f"  {task.algo:5} {task.env_id}{f' --variant {task.variant}' if task.variant else ''}"
        f"  {task.steps:,} steps  ({task.source})"
        for task in TASKS
    ]
    faults = [f"  {fault.name:26} {', '.join(fault.algos)}: {fault.doc}" for fault in FAULTS.values()]
    return "\n".join(["tasks:", *tasks, "", "faults:", *faults, ""])
