"""The labelled collection of runs, as far as proofs need it: sick runs, and the plans they were made by."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from rldoctor.errors import UsageError, did_you_mean
from rldoctor.training.__main__ import plan_from, read_options
from rldoctor.training.plan import Plan
from rldoctor.yamlio import load_yaml

_OURS = ["python", "-m", "rldoctor.training"]


@dataclass(frozen=True, slots=True)
class Sick:
    """A sick run of the collection: where it is, the plan behind it, whether evaluations were logged."""

    folder: Path
    plan: Plan
    evaluated: bool


def sick_runs(collection: Path, faults: Collection[str] = (), seeds: Collection[int] = ()) -> Iterator[Sick]:
    """The runs of the faults (all when empty) and seeds (all when empty) that show their fault, in order.

    Raises:
        UsageError: a fault that no run of the collection has.
    """
    found = {path.name: path for path in sorted((collection / "faulty").glob("*")) if path.is_dir()}
    for name in faults:
        if name not in found:
            raise UsageError(f"no run of the fault '{name}' in {collection}{did_you_mean(name, list(found))}")
    for name in faults or found:
        yield from _runs_of(found[name], seeds)


def _runs_of(folder: Path, seeds: Collection[int]) -> Iterator[Sick]:
    for label_file in sorted(folder.glob("*/run.yaml")):
        label = load_yaml(label_file)
        # A fault that the run overcame has nothing to be cured of; null means that nobody has looked yet.
        if label.get("shows") is False or (seeds and label["seed"] not in seeds):
            continue
        words = shlex.split(label["command"])
        if words[:3] != _OURS:
            continue  # Another library's training: there is no plan to change.
        options = read_options(words[3:])
        yield Sick(label_file.parent, plan_from(options), options.evaluate)
