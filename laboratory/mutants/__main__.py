"""``python -m laboratory.mutants``: list, train, label, score, pack, unpack."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from laboratory.mutants.plan import PlannedRun, plan

DEFAULT_OUT = Path("mutant_runs")
STORE = Path("reference_runs/planted")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    return int(options.command(options))


def _parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    parser = argparse.ArgumentParser(prog="python -m laboratory.mutants", description=__doc__)
    commands = parser.add_subparsers(required=True)
    listing = commands.add_parser("list", help="the planned trainings in their order")
    training = commands.add_parser("train", help="train what is not finished yet")
    training.add_argument("--jobs", type=int, default=1, help="processes at a time [1]")
    labelling = commands.add_parser("label", help="judge the finished runs and write labels.json")
    scoring = commands.add_parser("score", help="how a checkout's rldoctor does on the finished runs")
    scoring.add_argument("--tree", type=Path, required=True, help="the checkout whose rldoctor runs")
    scoring.add_argument("--split", choices=("tune", "hold", "both"), default="both", help="tasks [both]")
    scoring.add_argument("--table", type=Path, help="where the per-run table goes [OUT/score-NAME.csv]")
    for part in (labelling, scoring):
        part.add_argument("--twins", type=int, help="judge with so many healthy seeds [outcome.yaml]")
    packing = commands.add_parser("pack", help="put the finished runs into archives, one a task")
    packing.add_argument("--into", type=Path, default=STORE, help=f"folder of the archives [{STORE}]")
    unpacking = commands.add_parser("unpack", help="write the runs of the archives, to label and score them")
    unpacking.add_argument("--from", type=Path, default=STORE, dest="store", help=f"archives [{STORE}]")
    for part in (listing, training, labelling, scoring, unpacking):
        part.add_argument(
            "--only", action="append", default=[], help="runs with this text in TASK/FAULT/SEED"
        )
    for part, command in (
        (listing, _list),
        (training, _train),
        (labelling, _label),
        (scoring, _score),
        (packing, _pack),
        (unpacking, _unpack),
    ):
        part.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder of the runs [mutant_runs]")
        part.set_defaults(command=command)
    return parser


def _chosen(options: argparse.Namespace) -> list[PlannedRun]:
    """The planned runs that ``--only`` asks for."""
    return [run for run in plan() if not options.only or any(text in run.name for text in options.only)]


def _list(options: argparse.Namespace) -> int:
    for run in _chosen(options):
        sys.stdout.write(f"{run.key} {run.layout:12} {run.task.split} {run.name}\n")
    return 0


def _train(options: argparse.Namespace) -> int:
    from laboratory.mutants.collection import train_all

    train_all(_chosen(options), options.out, options.jobs)
    return 0


def _label(options: argparse.Namespace) -> int:
    from laboratory.mutants.outcome import write_labels

    sys.stdout.write(write_labels(options.out, options.twins) + "\n")
    return 0


def _score(options: argparse.Namespace) -> int:
    from laboratory.mutants.scoring import score

    chosen = (options.split, options.only, options.table, options.twins)
    sys.stdout.write(score(options.out, options.tree, *chosen) + "\n")
    return 0


def _pack(options: argparse.Namespace) -> int:
    from laboratory.mutants.packing import pack

    sys.stdout.write(pack(options.out, options.into) + "\n")
    return 0


def _unpack(options: argparse.Namespace) -> int:
    from laboratory.mutants.packing import unpack

    def wanted(label: Mapping[str, Any]) -> bool:
        name = f"{label['task']}/{label['fault']}/{label['seed']}"
        return not options.only or any(text in name for text in options.only)

    sys.stdout.write(unpack(options.store, options.out, wanted) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
