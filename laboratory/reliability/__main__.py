"""``python -m laboratory.reliability``: faults x formats, tried, lost, said."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from laboratory.reliability.faults import FAULTS, SEED
from laboratory.reliability.formats import FORMATS
from laboratory.reliability.page import Trials, page
from laboratory.reliability.surroundings import SURROUNDINGS, around
from laboratory.reliability.trial import TrialResult, good, tried
from rldoctor.files import write_whole


def trials(count: int, only: str = "") -> Trials:
    """Every fault, ``count`` times where chance is in it, on the formats with ``only`` in their names."""
    made: dict[tuple[str, str], list[TrialResult]] = {}
    for form in FORMATS:
        if only not in form.name:
            continue
        data, truth = good(form)
        rng = np.random.default_rng(SEED)
        for kind in FAULTS:
            outcomes = [tried(form, kind, fault, truth) for fault in kind.of(form.name, data, rng, count)]
            made[form.name, kind.name] = outcomes
            for line in _odd(form.name, kind.name, outcomes):
                sys.stderr.write(f"{line}\n")
    return made


def _odd(form: str, fault: str, outcomes: Sequence[TrialResult]) -> Iterator[str]:
    for place, one in enumerate(outcomes):
        if one.crash or one.unsaid:
            yield f"{form}, {fault}, number {place}: {one.crash or f'{one.lost} lost and not said'}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page; 1 where a reading crashed, or lost something and did not say so."""
    parser = argparse.ArgumentParser(prog="python -m laboratory.reliability", description=__doc__)
    parser.add_argument("--into", type=Path, help="the page to write")
    parser.add_argument("--count", type=int, default=20, help="trials of a fault with chance in it [20]")
    parser.add_argument("--only", default="", metavar="TEXT", help="formats with TEXT in their names")
    given = parser.parse_args(arguments)
    made = trials(given.count, given.only)
    beside = {} if given.only else {name: around(name) for name in SURROUNDINGS}
    text = page(made, beside)
    if given.into is not None:
        write_whole(text, given.into)
    else:
        sys.stdout.write(text)
    every = [one for found in made.values() for one in found]
    bad = any(one.crash or one.unsaid for one in every) or any(one.wrong for one in beside.values())
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
