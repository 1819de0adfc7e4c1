"""Keeps a run's scalars and settings as a small JSON file: ``python tests/audit/keep_log.py RUN NAME``.

The tests write them back as the library's own log. Numbers have five digits; after the first 300 points of a
tag every n-th is kept, so that the first rollout stays whole.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "logs"
FIRST, MOST = 300, 420
SKIPPED = (
    *(
        "timer",
        "perf/",
        "performance/",
        "connector",
        "Stats /",
        "throughput",
        "/iter",
        "/time",
        "time_",
        "__all_",
    ),
    *(
        "config/",
        "agent_",
        "module_",
        "_dropped",
        "sample_",
        "weights",
        "num_module",
        "_trainable",
        "healthy_",
    ),
    *(
        "episode_duration",
        "time_between",
        "fault_tolerance",
        "actor_manager",
        "num_agent",
        "num_training",
        "curriculum",
    ),
)
SETTINGS = ("params/agent.yaml", "params/env.yaml", "config.yaml", "params.json")


def keep(run: Path) -> dict[str, Any]:
    """Tags with steps and values, the hyperparameter text, and the files of settings."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = next(run.rglob("events.out.tfevents.*"))
    log = EventAccumulator(str(events), {"scalars": 0, "tensors": 0})
    log.Reload()
    scalars = {tag: _points(log.Scalars(tag)) for tag in log.Tags()["scalars"] if _counts(tag)}
    texts = [
        log.Tensors(tag)[0].tensor_proto.string_val[0].decode()
        for tag in log.Tags()["tensors"]
        if "hyper" in tag
    ]
    places = [run, events.parent]
    files = {
        name: (place / name).read_text() for name in SETTINGS for place in places if (place / name).exists()
    }
    return {"hyperparameters": texts[0] if texts else "", "files": files, "scalars": scalars}


def _counts(tag: str) -> bool:
    return not any(word in tag for word in SKIPPED)


def _points(points: list[Any]) -> list[list[float]]:
    thin = max((len(points) - FIRST) // (MOST - FIRST), 1)
    kept = [*points[:FIRST], *points[FIRST::thin]]
    return [[point.step for point in kept], [float(f"{point.value:.5g}") for point in kept]]


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    kept = keep(Path(sys.argv[1]))
    (HERE / f"{sys.argv[2]}.json").write_text(json.dumps(kept, separators=(",", ":")) + "\n")
