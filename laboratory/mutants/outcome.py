"""Judge finished runs by what they reached, against healthy twins of the same task."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import mean, median, pstdev
from typing import Any

from laboratory.mutants.plan import HEALTHY
from laboratory.mutants.table import HARMFUL, HARMLESS, faults, limits

UNCLEAR, UNJUDGED = "unclear", "unjudged"
MEASURES = ("evaluation", "training")
RANDOM_EPISODES = 20


def write_labels(out: Path, least: int | None = None) -> str:
    """Judge every finished run, write ``labels/labels.json`` and return a summary.

    Not beside the runs: a program that looks for settings in the folder above a run must not meet
    the answers.
    """
    labels = judged(out, least)
    path = out / "labels" / "labels.json"
    path.write_text(json.dumps(labels, indent=1) + "\n", encoding="utf-8")
    counts = Counter(
        f"{'healthy' if label['fault'] == HEALTHY else 'planted'} {label['outcome']}" for label in labels
    )
    return "\n".join(
        [f"{len(labels)} runs -> {path}", *(f"{n:5} {kind}" for kind, n in sorted(counts.items()))]
    )


def judged(out: Path, least: int | None = None) -> list[dict[str, Any]]:
    """Labels of all finished runs with ``outcome``, ``shares`` and ``by`` (what shows the harm).

    ``least`` twins are enough to judge, by default as many as ``outcome.yaml`` says.
    """
    enough = int(limits()["twins_for_judgement"]) if least is None else least
    paths = sorted((out / "labels").glob("r????????.json"))
    labels = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    floors = _random_returns(out, {label["env"] for label in labels})
    twins: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for label in labels:
        if label["fault"] == HEALTHY:
            twins[label["task"]].append(label)
    return [
        {**label, **_roots_now(label), **judge(label, twins[label["task"]], floors[label["env"]], enough)}
        for label in labels
    ]


def _roots_now(label: Mapping[str, Any]) -> dict[str, Any]:
    """The right first findings as the tables have them today; rules are added after a training."""
    fault = faults().get(label["fault"])
    return {} if fault is None else {"roots": list(fault.roots)}


def judge(
    label: Mapping[str, Any], twins: Sequence[Mapping[str, Any]], floor: float, enough: int = 2
) -> dict[str, Any]:
    """Outcome of one run. ``floor`` is the return of random actions, ``enough`` the least number of twins.

    A share is (reached - floor) / (twins' median - floor). Harm on either measure is harm: a policy that is
    good but never acted on (exploration stuck) shows in training only, one that ended in a bad moment in
    evaluation. A run that broke down numerically is harmful. Healthy twins are judged as the others are: one
    that collapsed by itself is no example of health.
    """
    if label["stopped"]:
        return {"outcome": HARMFUL, "shares": {}, "by": ["stopped"]}
    if len(twins) < enough:
        return {"outcome": UNJUDGED, "shares": {}, "by": ["too few twins yet"]}
    shares, worst = {}, {}
    for measure in MEASURES:
        reached = [value for twin in twins if (value := end_of(twin, measure)) is not None]
        own = end_of(label, measure)
        gain = median(reached) - floor if reached else 0.0
        if own is None or gain <= limits()["twins_must_gain"] * pstdev(reached) or gain <= 0:
            continue
        shares[measure] = (own - floor) / gain
        worst[measure] = (min(reached) - floor) / gain
    if not shares:
        return {"outcome": UNJUDGED, "shares": {}, "by": ["the twins did not learn"]}
    rounded = {measure: round(share, 3) for measure, share in shares.items()}
    return {**_verdict(shares, worst, label["fault"] == HEALTHY), "shares": rounded}


def _verdict(shares: Mapping[str, float], worst: Mapping[str, float], twin: bool) -> dict[str, Any]:
    """The outcome of shares, with the share of the worst twin (which a twin itself is not measured with)."""
    low, high = limits()["harmful_below"], limits()["harmless_above"]
    # A twin is its own worst twin, so only the shares speak for or against it.
    bad = [name for name, share in shares.items() if share < low and (twin or share < worst[name])]
    if bad:
        return {"outcome": UNCLEAR if twin else HARMFUL, "by": bad}
    good = all(share >= high or (not twin and share >= worst[name]) for name, share in shares.items())
    return {"outcome": HARMLESS if good else UNCLEAR, "by": []}


def end_of(label: Mapping[str, Any], measure: str) -> float | None:
    """What a run reached: its mean deterministic return, or that of the last tenth of its training."""
    if measure == "evaluation":
        return label["evaluation"] and float(label["evaluation"]["mean"])
    # Long episodes can leave a tenth without one; the last that has any is the end.
    finished = [row for row in label["training_returns"][-2:] if row]
    return float(finished[-1][0]) if finished else None


def _random_returns(out: Path, environments: Iterable[str]) -> Mapping[str, float]:
    """Mean return of random actions in each environment, measured once and kept."""
    path = out / "labels" / "random_returns.json"
    known: dict[str, float] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    missing = sorted(set(environments) - set(known))
    for name in missing:
        known[name] = _random_return(name)
    if missing:
        path.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    return known


def _random_return(name: str) -> float:
    """Mean return of random actions."""
    import gymnasium

    env = gymnasium.make(name)
    env.action_space.seed(0)
    sums = []
    for episode in range(RANDOM_EPISODES):
        env.reset(seed=episode)
        total, over = 0.0, False
        while not over:
            _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
            total, over = total + float(reward), terminated or truncated
        sums.append(total)
    env.close()
    return mean(sums)
