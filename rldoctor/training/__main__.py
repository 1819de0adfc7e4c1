"""``python -m rldoctor.training``: train one seed of one task, healthy or with a fault planted."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rldoctor.errors import RldoctorError
from rldoctor.training.assignments import assignment
from rldoctor.training.catalog import find_task
from rldoctor.training.faults import FAULTS, find_fault
from rldoctor.training.plan import ALGORITHMS, Plan


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 when the run is trained and written, 2 on a wrong option."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = read_options(given)
    try:
        plan = plan_from(options)
        _run(plan, options, ["python", "-m", "rldoctor.training", *_reproducible(given)])
    except RldoctorError as error:
        sys.stderr.write(f"error: {error}\n" + (f"  {error.hint}\n" if error.hint else ""))
        return 2
    return 0


def read_options(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of a command line or of a ``run.yaml``; argparse exits on a wrong one."""
    return _parser().parse_args(list(arguments))


def plan_from(options: argparse.Namespace) -> Plan:
    """The plan the options describe; raises UsageError for unknown names and malformed ``--set``."""
    fault = find_fault(options.fault) if options.fault else None
    variant = options.variant or (fault.variant if fault else "")
    plan = find_task(options.algo, options.env, variant).plan(seed=options.seed, steps=options.steps)
    if fault:
        plan = fault.sick(plan)
    plan = plan.with_hyper(**dict(assignment(text) for text in options.set))
    return replace(plan, probe=options.probe, diagnostics=options.diagnostics)


def _run(plan: Plan, options: argparse.Namespace, command: Sequence[str]) -> None:
    """Train, and record when asked to."""
    # Imported here so that --help and wrong options answer without loading torch.
    from rldoctor.training.control import Control
    from rldoctor.training.record import record
    from rldoctor.training.train import train

    trained = train(plan, options.out, Control(evaluate=options.evaluate))
    sys.stdout.write(
        f"{trained.folder}: {trained.steps} steps{trained.stopped and ', stopped: '}{trained.stopped}\n"
    )
    if options.record:
        sys.stdout.write(f"recorded in {record(plan, trained, options.record, command)}\n")


def _reproducible(given: Sequence[str]) -> list[str]:
    """The arguments without the folders of this machine, and with a neutral ``--out``."""
    kept: list[str] = []
    skip = False
    for word in given:
        name = word.split("=", 1)[0]
        if not skip and name not in ("--out", "--record"):
            kept.append(word)
        skip = word in ("--out", "--record")
    return [*kept, "--out", "DIR"]


def _parser() -> argparse.ArgumentParser:
    """The options; names of tasks and faults are checked later, with better messages."""
    parser = argparse.ArgumentParser(prog="python -m rldoctor.training", description=__doc__)
    parser.add_argument("--env", required=True, metavar="ID", help="gymnasium environment id")
    parser.add_argument("--algo", required=True, choices=ALGORITHMS)
    parser.add_argument("--variant", default="", help="variant of the task, e.g. exp")
    parser.add_argument("--steps", type=int, help="transitions over all environments (default: the task's)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fault", default="", metavar="NAME", help=f"plant a fault: {', '.join(FAULTS)}")
    parser.add_argument("--probe", action="store_true", help="log Q values (off-policy)")
    parser.add_argument("--diagnostics", action="store_true", help="log what DiagnosticsCallback measures")
    parser.add_argument("--evaluate", action="store_true", help="log deterministic evaluations")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="SB3 argument")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="run directory to write")
    parser.add_argument("--record", type=Path, metavar="DIR", help="also add it, labelled, to a collection")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
