"""``python -m laboratory.probes``: programs with a planted fault, trained on the probe tasks.

A report that leaves several kinds of faults open names the probe that tells the first two apart
(``rldoctor/differential/probed.py``). That rests on trainings: every fault that the rules left open
(``reference_runs/left_open.json``), planted in Stable-Baselines3 as in ``laboratory.mutants`` and trained on
every probe of ``rules/differential.yaml``, whose code is run as it is shown to users.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, fields
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from statistics import mean
from typing import Any

import yaml

from laboratory.mutants.plan import HEALTHY
from laboratory.mutants.table import faults
from rldoctor.differential.criteria import CRITERIA, DifferentialCriteria
from rldoctor.differential.planted import left_open
from rldoctor.differential.probed import FILE, NO_FAULT, Probed, read_probed
from rldoctor.plain_data import dataclass

RECORD = Path("reference_runs") / FILE
COMMAND = "python -m laboratory.probes"
# The part of a training whose episodes are its end.
LAST = 5


@dataclass(frozen=True, slots=True, order=True)
class ProbeTraining:
    """One training: an algorithm with a planted fault (or ``healthy``) on a probe task."""

    algorithm: str
    fault: str
    probe: str
    seed: int

    @property
    def discrete(self) -> bool:
        """Whether it chooses one of two actions: by value always, on-policy unless the fault has a width."""
        fault = faults().get(self.fault)
        gaussian = fault is not None and fault.only == "continuous"
        return _family(self) == "value-based" or (_family(self) == "on-policy" and not gaussian)


@cache
def settings() -> Mapping[str, Any]:
    """``probes.yaml``."""
    data: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return data


def _family(one: ProbeTraining) -> str:
    return CRITERIA.load().family(one.algorithm)


def plan() -> list[ProbeTraining]:
    """Every fault that was left open, in each algorithm that has it, and the unchanged library."""
    open_causes = {one.fault for one in left_open()}
    chosen = [fault for fault in faults().values() if fault.cause in open_causes]
    found = []
    for algorithm in settings()["algorithms"]:
        for probe in CRITERIA.load().probes:
            found += [ProbeTraining(algorithm, HEALTHY, probe.id, seed) for seed in settings()["seeds"]]
            found += [
                ProbeTraining(algorithm, fault.name, probe.id, 0)
                for fault in chosen
                if algorithm in fault.algorithms and (fault.settings or algorithm in fault.edits)
            ]
    return found


def train(one: ProbeTraining) -> dict[str, Any]:
    """The record of one training. Changes the library in this process."""
    import torch
    from stable_baselines3.common.monitor import Monitor

    from laboratory.mutants.mutation import plant
    from laboratory.mutants.training import TrueReturns, algorithm

    torch.set_num_threads(1)
    fault, family = faults().get(one.fault), settings()["families"][_family(one)]
    if fault is not None:
        plant(fault.edits.get(one.algorithm, ()))
    # As the task pays, whatever the planted fault makes of the monitor's rewards.
    episodes: list[tuple[int, float, int]] = []
    env = Monitor(TrueReturns(_environment(one), episodes, [0]))
    arguments = {**family["settings"], **settings()["algorithms"][one.algorithm]}
    arguments |= json.loads(json.dumps(dict(fault.settings))) if fault else {}
    model = algorithm(one.algorithm)("MlpPolicy", env, seed=one.seed, device="cpu", **arguments)
    row = Probed(
        algorithm=one.algorithm,
        probe=one.probe,
        mechanism=fault.mechanism if fault else NO_FAULT,
        fault=one.fault,
        seed=one.seed,
        reward=_end(model, family["steps"], episodes),
    )
    return asdict(row)


def _end(model: Any, steps: int, episodes: Sequence[tuple[int, float, int]]) -> float | None:
    """Mean reward of the last fifth of the episodes; None where the training broke down."""
    try:
        model.learn(steps)
    except (ValueError, FloatingPointError) as error:
        if "nan" not in str(error).lower():
            raise
        return None
    last = [reward for _, reward, _ in episodes[-(len(episodes) // LAST) :]]
    return round(float(mean(last)), 2)


def _environment(one: ProbeTraining) -> Any:
    """The task, from the code that a report shows."""
    import gymnasium
    import numpy as np
    from gymnasium import spaces

    probe = next(probe for probe in CRITERIA.load().probes if probe.id == one.probe)
    actions = spaces.Discrete(2) if one.discrete else spaces.Box(-1, 1, (1,))
    names: dict[str, Any] = {"gym": gymnasium, "np": np, "spaces": spaces, "ACTIONS": actions}
    exec(probe.line, names)
    return names["Probe"]()


def write(rows: Iterable[Mapping[str, Any]], path: Path) -> None:
    """The file that ships with the program, one training a line, its values in the order of the columns."""
    columns = [field.name for field in fields(Probed)]
    lines = sorted(json.dumps([row[name] for name in columns]) for row in rows)
    inner = ",\n".join(f"  {line}" for line in lines)
    head = f' "schema": 1,\n "made_by": "{COMMAND}",\n "columns": {json.dumps(columns)},\n'
    path.write_text(f'{{\n{head} "trainings": [\n{inner}\n ]\n}}\n', encoding="utf-8")


def key(row: Mapping[str, Any]) -> ProbeTraining:
    """What training a record is of."""
    return ProbeTraining(row["algorithm"], row["fault"], row["probe"], row["seed"])


def collect(wanted: Sequence[ProbeTraining], path: Path, jobs: int, said: Callable[[str], object]) -> None:
    """Train what the file lacks, each in a process of its own, and write the file after each."""
    rows = [asdict(row) for row in read_probed(path)] if path.exists() else []
    known = {key(row) for row in rows}
    missing = [one for one in wanted if one not in known]
    # A mutated library is not used twice.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        for done in as_completed([pool.submit(train, one) for one in missing]):
            rows.append(done.result())
            write(rows, path)
            said(json.dumps(rows[-1]) + "\n")


def table(trainings: Sequence[Probed], criteria: DifferentialCriteria) -> Iterator[str]:
    """A row for each kind and probe: how many trainings of each family learned it; no fault comes last."""
    for kind in criteria.kinds:
        mechanisms = {NO_FAULT} if kind.decides else set(kind.mechanisms)
        own = [one for one in trainings if one.mechanism in mechanisms]
        for probe in criteria.probes if own else ():
            cells = [_cell(own, probe.id, family, criteria) for family in criteria.families]
            title = "nothing planted" if kind.decides else kind.title
            yield f"| {title} | {probe.id} | {' | '.join(cells)} |"


def _cell(rows: Iterable[Probed], probe: str, family: str, criteria: DifferentialCriteria) -> str:
    ends = [one.reward for one in rows if one.probe == probe and criteria.family(one.algorithm) == family]
    enough = criteria.limits["probe_learned"]
    return f"{sum(end is not None and end >= enough for end in ends)} of {len(ends)}" if ends else ""


def main(arguments: list[str] | None = None) -> int:
    """Train what is missing."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--into", type=Path, default=RECORD, help=f"the record to complete [{RECORD}]")
    parser.add_argument("--only", default="", help="part of ALGORITHM/FAULT/PROBE")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time [1]")
    options = parser.parse_args(arguments)
    wanted = [one for one in plan() if options.only in f"{one.algorithm}/{one.fault}/{one.probe}"]
    collect(wanted, options.into, options.jobs, sys.stdout.write)
    return 0


if __name__ == "__main__":
    sys.exit(main())
