"""``rldoctor reference build``: envelopes of good runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from rldoctor.commands.options import Options
from rldoctor.commands.reading import read_all
from rldoctor.errors import ReadError, UsageError
from rldoctor.model.run import Run

# Files of this library's runs are not named after it.
USUAL = "stable_baselines3"
DESCRIPTION = (
    "Make the envelope of good runs of one algorithm on one task: a band for every metric over the "
    "environment steps, and the step at which each run reached 20, 50, 80 and 95 % success. "
    "'rldoctor analyze' holds a run of the same algorithm and environment against it."
)


class _Parser(argparse.ArgumentParser):
    """Raises instead of exiting, so that errors look like everywhere else."""

    def error(self, message: str) -> NoReturn:
        """A wrong option."""
        raise UsageError(message, hint="see: rldoctor reference build --help")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options; exits with the usage on ``--help``, UsageError on a wrong one."""
    parser = _Parser(prog="rldoctor reference build", description=DESCRIPTION)
    parser.add_argument("runs", nargs="+", metavar="RUNS", help="run directory, tree of runs, glob, ...")
    parser.add_argument("--name", default="", metavar="NAME", help="of the reference, and of its file")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where it goes [rldoctor-references]")
    parser.add_argument("--collection", action="store_true", help="a file for every task found under RUNS")
    parser.add_argument(
        "--least", type=int, default=1, metavar="N", help="with --collection: runs per task [1]"
    )
    parser.add_argument("--algorithm", default="", metavar="NAME", help="ppo, sac, ... [detected]")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a hyperparameter")
    parser.add_argument("--map", action="append", default=[], metavar="TAG=METRIC", help="meaning of a tag")
    options = parser.parse_args(list(arguments))
    if bool(options.name) == options.collection:
        raise UsageError("give either --name NAME or --collection", hint="one reference needs one name")
    return options


def build(arguments: Sequence[str]) -> int:
    """Build and write; 0 when every file was written, 2 when a path held no run.

    Raises:
        UsageError: wrong options, or runs that are not of one task. ReadError: no run at all.
    """
    from rldoctor.commands.option_kinds import parse_map

    given = parse(arguments)
    options = Options(algorithm=given.algorithm, set=tuple(given.set), map=parse_map(given.map))
    loaded = read_all(given.runs, options)
    if not loaded.runs:
        raise ReadError("no run to build a reference from", hint="see what was found: rldoctor inspect PATH")
    groups = _collected(loaded.runs, given.least) if given.collection else {(given.name, ""): loaded.runs}
    for (name, variant), runs in groups.items():
        _write(runs, name, variant, given.out)
    return 2 if loaded.unread else 0


def _write(runs: Sequence[Run], name: str, variant: str, out: Path | None) -> None:
    from rldoctor import api
    from rldoctor.envelope.store import OWN_DIR, save

    envelope = api.build_reference(runs, name, variant=variant)
    path = save(envelope, out or Path(OWN_DIR))
    seeds = f"{len(runs)} run{'s' if len(runs) > 1 else ''}"
    last = f"{envelope.steps[-1]:,.0f}"
    sys.stderr.write(
        f"wrote {path}: {envelope.algorithm} on {envelope.env}, {seeds}, {len(envelope.bands)} metrics "
        f"to step {last}\n"
    )


def _collected(runs: Sequence[Run], least: int) -> dict[tuple[str, str], list[Run]]:
    """The runs of each library, algorithm, environment and variant, by name and variant; no small groups."""
    from rldoctor.envelope.identity import task_of

    groups: dict[tuple[str, str], list[Run]] = {}
    for run in sorted(runs, key=lambda one: str(one.path)):
        algorithm, env = task_of(run)
        variant = _variant(run)
        library = "" if run.framework == USUAL else run.framework
        name = "-".join(part for part in (library, algorithm, env.replace("/", "-"), variant) if part)
        groups.setdefault((name, variant), []).append(run)
    kept = {key: found for key, found in groups.items() if len(found) >= least}
    for (name, _), found in groups.items():
        if len(found) < least:
            sys.stderr.write(f"left out {name}: {len(found)} of the {least} runs asked for\n")
    return kept


def _variant(run: Run) -> str:
    """The variant that a ``run.yaml`` beside the log names (``reference_runs/README.md``)."""
    from rldoctor.yamlio import load_yaml

    path = run.path / "run.yaml"
    found = load_yaml(path) if path.is_file() else None
    return str(found.get("variant") or "") if isinstance(found, dict) else ""
