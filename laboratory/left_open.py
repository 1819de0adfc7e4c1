"""``python -m laboratory.left_open``: the planted trainings whose cause the rules leave open.

Every training of ``reference_runs/planted`` that can be judged is diagnosed; those that are left with an
outcome and no cause are written to ``reference_runs/left_open.json``, from which a report says what kinds of
faults are left (``rldoctor/differential``). ``--into FILE`` writes the page that says how well such counts
foretell the kind in environments that were not counted.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from laboratory import probes
from laboratory.mutants.outcome import judged
from laboratory.mutants.packing import unpack
from laboratory.mutants.plan import HEALTHY
from laboratory.mutants.table import HARMFUL, HARMLESS, faults
from rldoctor import api
from rldoctor.differential.criteria import CRITERIA, DifferentialCriteria
from rldoctor.differential.left import counted, open_finding
from rldoctor.differential.planted import FILE, LeftOpen, read
from rldoctor.differential.probed import NO_FAULT, probed
from rldoctor.plain_data import dataclass

STORE, RECORD = Path("reference_runs/planted"), Path("reference_runs") / FILE
COMMAND = "python -m laboratory.left_open --record"
# Where a share is read off, for the table that holds it against what happened.
BINS = (0.0, 0.05, 0.1, 0.2, 0.3, 1.0)
ALGORITHMS = {"recurrent-ppo": "recurrent_ppo"}


def records(out: Path) -> Iterator[dict[str, Any]]:
    """One row for every run of a folder that is left open; what did no harm counts as no fault."""
    criteria = CRITERIA.load()
    for label in judged(out, 1):
        if label["outcome"] not in (HARMFUL, HARMLESS):
            continue
        runs = api.load(out / label["folder"]).runs
        finding = open_finding(api.diagnose(runs[0]), criteria) if runs else ""
        if finding:
            yield {
                "algorithm": ALGORITHMS.get(label["algo"], label["algo"]),
                "env": label["env"],
                "finding": finding,
                "mechanism": label["mechanism"] if label["outcome"] == HARMFUL else NO_FAULT,
                "fault": "nothing planted" if label["fault"] == HEALTHY else faults()[label["fault"]].cause,
                "kept": round(min(label["shares"].values()), 2),
            }


def write(rows: Iterable[Mapping[str, Any]], path: Path) -> None:
    """The file that ships with the program, one training a line."""
    lines = sorted(json.dumps(row) for row in rows)
    inner = ",\n".join(f"  {line}" for line in lines)
    path.write_text(
        f'{{\n "schema": 1,\n "made_by": "{COMMAND}",\n "trainings": [\n{inner}\n ]\n}}\n', encoding="utf-8"
    )


@dataclass(frozen=True, slots=True)
class Foretold:
    """One training, the shares that trainings of other environments give each kind, and its kind."""

    shares: Mapping[str, float]
    kind: str

    def place(self) -> int:
        """Where its kind stands, from 1."""
        return 1 + sum(share > self.shares[self.kind] for share in self.shares.values())


Counting = Callable[[Sequence[LeftOpen], LeftOpen], Mapping[str, float]]


def foretold(
    trainings: Sequence[LeftOpen], counting: Counting, criteria: DifferentialCriteria
) -> list[Foretold]:
    """Every training, by those of other environments only."""
    found = []
    for one in trainings:
        kind = criteria.kind_of(one.mechanism)
        if kind is not None and criteria.family(one.algorithm):
            others = [other for other in trainings if other.env != one.env]
            found.append(Foretold(counting(others, one), kind.id))
    return found


def by_counts(criteria: DifferentialCriteria) -> Counting:
    """As the program counts."""

    def shares(others: Sequence[LeftOpen], one: LeftOpen) -> Mapping[str, float]:
        found = counted(others, criteria.family(one.algorithm), one.finding, criteria)
        return {kind.id: found.of(kind.id) for kind in criteria.kinds}

    return shares


def by_frequency(criteria: DifferentialCriteria) -> Counting:
    """As often as over all of them, whatever the algorithm and the finding: what the counts must better."""

    def shares(others: Sequence[LeftOpen], _one: LeftOpen) -> Mapping[str, float]:
        kinds = [kind for other in others if (kind := criteria.kind_of(other.mechanism)) is not None]
        return {kind.id: kinds.count(kind) / max(1, len(kinds)) for kind in criteria.kinds}

    return shares


def table(found: Sequence[Foretold]) -> Iterator[str]:
    """What was said against what happened, by size of the share."""
    said = [(share, kind == one.kind) for one in found for kind, share in one.shares.items()]
    for low, high in pairwise(BINS):
        inside = [(share, right) for share, right in said if low <= share < high]
        if inside:
            mean = sum(share for share, _ in inside) / len(inside)
            right = sum(right for _, right in inside)
            yield f"| {low:.0%} to {high:.0%} | {len(inside)} | {mean:.0%} | {right / len(inside):.0%} |"


def page(trainings: Sequence[LeftOpen]) -> str:
    """``docs/left-open.md``."""
    criteria, trained = CRITERIA.load(), probed()
    by_count = foretold(trainings, by_counts(criteria), criteria)
    plain = foretold(trainings, by_frequency(criteria), criteria)
    return PAGE.format(
        trainings=len(trainings),
        environments=len({one.env for one in trainings}),
        n=len(by_count),
        first=_within(by_count, 1),
        three=_within(by_count, 3),
        plain_first=_within(plain, 1),
        plain_three=_within(plain, 3),
        kinds=len(criteria.kinds),
        table="\n".join(table(by_count)),
        rows="\n".join(_kinds(trainings, criteria)),
        probed=len(trained),
        families=" | ".join(criteria.families),
        rules="--:|" * len(criteria.families),
        probes="\n".join(probes.table(trained, criteria)),
    )


def _kinds(trainings: Sequence[LeftOpen], criteria: DifferentialCriteria) -> Iterator[str]:
    families = list(criteria.families)
    for kind in criteria.kinds:
        of_kind = [one for one in trainings if one.mechanism in kind.mechanisms]
        counts = [sum(criteria.family(one.algorithm) == family for one in of_kind) for family in families]
        yield f"| {kind.title} | {' | '.join(map(str, counts))} |"


def _within(found: Sequence[Foretold], places: int) -> int:
    return sum(one.place() <= places for one in found)


PAGE = """# When the log does not say why

Made by `python -m laboratory.left_open --into docs/left-open.md`.

Some faults leave an outcome in the log and nothing else: the return stays flat, falls or swings, and every
setting that can be checked is in effect. A report then has a section **Left open**: the kinds of faults
that remain, how often each was the one among trainings that were left open in the same way, and the check
that finds it, with its code. What the log refutes (a discount that is in effect, a critic that tells states
apart) is not counted.

## Where the counts come from

{trainings} trainings of Stable-Baselines3 in {environments} environments, each with one planted fault or
none, were left with an outcome and no cause (`reference_runs/left_open.json`). What did no harm counts as
*nothing*:

| Kind of fault | on-policy | value-based | off-policy actor-critic |
|---|--:|--:|--:|
{rows}

**They are counts of faults that were planted**, one each, evenly over mechanisms, and not of faults that
people make. A setting or a reward of your own that is wrong is more frequent in life than a buffer that
stores the wrong observation. Read a share as "of the faults that leave such a log", and begin with the
check that costs you least.

## How much they foretell

Each of {n} trainings, by those of other environments: the right one of {kinds} kinds stands first in
{first}, among the first three in {three}. By frequency alone, whatever the algorithm and the finding, it
is {plain_first} and {plain_three}. More could not be had from such logs: neither the nearest trainings, by
the course of every metric beside good runs of the task, nor forests over all findings and measures named
the kind more often than these counts, once environments were left out. So the report shows shares and no
verdict.

| Share said | Kinds | Mean share | Was the fault |
|---|--:|--:|--:|
{table}

## What tells two kinds apart

A probe is a task that a working program learns in a minute: one decision that is the same in every
episode (*choice*), one that depends on what is seen (*match*), two with one reward at the end (*delay*).
Their code is in `rules/differential.yaml` and in the report. {probed} trainings of Stable-Baselines3 were
made on them with the faults above planted (`python -m laboratory.probes`, `reference_runs/probes.json`).
Of these learned it (half or more of the reward that is there to gain, where guesses make none):

| Kind of fault | Probe | {families} |
|---|---|{rules}
{probes}

A report names the probe for which the shares of the first two kinds differ by half or more, with at least
four trainings of each in the run's family, and shows the counts. On your task, with your faults, it may come
out otherwise; a failed probe is the smallest program that shows your bug, whatever its kind.
"""


def main(arguments: list[str] | None = None) -> int:
    """Write the record, the page, or both."""
    parser = argparse.ArgumentParser(prog="python -m laboratory.left_open", description=__doc__)
    parser.add_argument("--record", action="store_true", help=f"diagnose the trainings and write {RECORD}")
    parser.add_argument("--out", type=Path, help=f"folder of unpacked trainings [{STORE}, unpacked]")
    parser.add_argument("--into", type=Path, help="the page [standard output]")
    options = parser.parse_args(arguments)
    if options.record:
        with tempfile.TemporaryDirectory() as folder:
            out = options.out or Path(folder)
            if options.out is None:
                unpack(STORE, out)
            write(records(out), RECORD)
    text = page(read(RECORD))
    if options.into is None:
        sys.stdout.write(text)
    else:
        options.into.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
