"""Reference bands of more tasks: of runs with a library's defaults and of healthy twins, slow ones among them.

    python -m laboratory.baselines.references --baselines DIR --mutants DIR --out reference_runs/envelopes

A band of tuned runs alone would call every run with the defaults late. So each band made here holds the runs of
``laboratory.baselines.train`` (defaults) and the healthy ones of ``laboratory.mutants train`` (the zoo's settings,
shorter); where one of them is slow, the band is wide, and rules that need a distance from its slowest run stay silent.
Tasks that have a band already are left as they are.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np

import rldoctor
from laboratory.mutants.plan import HEALTHY
from rldoctor.api import build_reference
from rldoctor.envelope import store
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run

# A row every so many episodes, each the mean of the last hundred, as Stable-Baselines3 logs them.
WINDOW, EVERY = 100, 4
LEAST = 3
SHOWN = ("episode_return", "episode_length")


def main() -> int:
    """Build the bands."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--baselines", type=Path, required=True)
    parser.add_argument("--mutants", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        found = _grouped([*_defaults(options.baselines, Path(scratch)), *_twins(options.mutants)])
    for (algorithm, env), runs in sorted(found.items()):
        path = options.out / f"{algorithm}-{env}.json"
        if len(runs) < LEAST or path.exists():
            continue
        store.save(build_reference([_outcome_only(run) for run in runs], f"{algorithm}-{env}"), options.out)
        sys.stdout.write(f"{path.name}: {len(runs)} runs\n")
    return 0


def _grouped(runs: list[tuple[str, str, Run]]) -> dict[tuple[str, str], list[Run]]:
    groups: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for algorithm, env, run in runs:
        groups[algorithm, env].append(run)
    return groups


def _outcome_only(run: Run) -> Run:
    """The run with its returns and lengths: what is inside differs between settings."""
    from dataclasses import replace

    return replace(run, metrics=MetricFrame({name: run.metrics[name] for name in SHOWN if name in run.metrics}))


def _defaults(folder: Path, scratch: Path) -> list[tuple[str, str, Run]]:
    """The runs with defaults, written as Stable-Baselines3 logs them and read like any other."""
    found = []
    for path in sorted(folder.glob("*.csv")):
        algorithm, env, seed = path.stem.split("--")
        place = scratch / path.stem
        place.mkdir()
        (place / "config.json").write_text(json.dumps({"algo": algorithm, "env_id": env, "seed": int(seed)}))
        _progress(path, place / "progress.csv")
        found += [(algorithm, env, run) for run in rldoctor.load(place)]
    return found


def _progress(episodes: Path, path: Path) -> None:
    """Means over a hundred episodes, a row every few."""
    with episodes.open(encoding="utf-8") as file:
        rows = [(float(row["step"]), float(row["return"])) for row in csv.DictReader(file)]
    steps, returns = (np.array(column) for column in zip(*rows, strict=True))
    lengths = np.diff(steps, prepend=0.0)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("time/total_timesteps", "rollout/ep_rew_mean", "rollout/ep_len_mean", "time/fps"))
        for last in range(EVERY, len(rows) + 1, EVERY):
            part = slice(max(last - WINDOW, 0), last)
            writer.writerow((int(steps[last - 1]), returns[part].mean(), lengths[part].mean(), 1000))


def _twins(folder: Path) -> list[tuple[str, str, Run]]:
    """The healthy runs of the planted faults."""
    found = []
    for path in sorted((folder / "labels").glob("r????????.json")):
        label = json.loads(path.read_text(encoding="utf-8"))
        if label["fault"] != HEALTHY:
            continue
        loaded = rldoctor.load(
            folder / label["folder"], algorithm=label["algo"], settings=[f"env_id={label['env']}"]
        )
        found.append((label["algo"], label["env"], max(loaded, key=lambda run: len(run.metrics))))
    return found


if __name__ == "__main__":
    sys.exit(main())
