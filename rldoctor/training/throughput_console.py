"""The options of ``rldoctor throughput``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

from rldoctor.errors import UsageError
from rldoctor.training.assignments import assignment
from rldoctor.training.catalog import task_for
from rldoctor.training.plan import ALGORITHMS, Plan
from rldoctor.training.throughput import LEAST_GAIN

DESCRIPTION = "Measure steps per second for several numbers of environments, and say where more stop to pay."
COUNTS = (1, 2, 4, 8)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options; exits with the usage on ``--help``, UsageError on a wrong one."""
    parser = _Parser(prog="rldoctor throughput", description=DESCRIPTION)
    parser.add_argument("--env", required=True, metavar="ID", help="gymnasium environment id")
    parser.add_argument("--algo", default="ppo", choices=ALGORITHMS, help="default: ppo")
    parser.add_argument("--variant", default="", help="variant of the task, e.g. exp")
    parser.add_argument("--n-envs-list", type=_counts, default=COUNTS, metavar="N,N,...", help="[1,2,4,8]")
    parser.add_argument("--vec", default="dummy", choices=("dummy", "subproc"), help="one process, or many")
    parser.add_argument("--seconds", type=_above_zero, default=5.0, metavar="S", help="for each figure [5]")
    parser.add_argument("--device", default="cpu", choices=("auto", "cpu", "cuda"), help="default: cpu")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="SB3 argument")
    parser.add_argument(
        "--least-gain",
        type=_above_zero,
        default=LEAST_GAIN,
        metavar="SHARE",
        help=f"share of perfect scaling below which more environments do not pay [{LEAST_GAIN}]",
    )
    parser.add_argument("-f", "--format", default="terminal", choices=("terminal", "json"))
    return parser.parse_args(list(arguments))


def plan_of(options: argparse.Namespace) -> Plan:
    """What is measured: the task of the catalogue, or library defaults."""
    plan = task_for(options.algo, options.env, options.variant).plan()
    return replace(plan.with_hyper(**dict(assignment(text) for text in options.set)), diagnostics=False)


class _Parser(argparse.ArgumentParser):
    """Raises instead of exiting, so that errors look like everywhere else."""

    def error(self, message: str) -> None:  # type: ignore[override]
        """A wrong option."""
        raise UsageError(message, hint="see: rldoctor throughput --help")


def _counts(text: str) -> tuple[int, ...]:
    """Whole numbers above 0, joined by commas."""
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or min(found) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a list like 1,2,4,8")
    return found


def _above_zero(text: str) -> float:
    """A number above 0."""
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value
