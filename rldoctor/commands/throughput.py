"""``rldoctor throughput``: how many steps per second more environments bring, and where that ends."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import pairwise

from rldoctor.commands.progress import watched
from rldoctor.training.plan import Plan
from rldoctor.training.throughput import Point, Throughput, stops
from rldoctor.training.throughput_console import parse, plan_of

BUSY = 1.0
"""Running processes per usable core, before the measurement, above which the figures are called noisy."""


def throughput(arguments: list[str]) -> int:
    """Measure and show; 0. MissingExtraError without the extra, UsageError for wrong options."""
    from rldoctor.commands.reference import require_extra
    from rldoctor.training.control import require_device
    from rldoctor.training.throughput import measure

    options = parse(arguments)
    require_extra()
    plan = plan_of(options)
    require_device(options.device)
    machine = hardware(options.device)
    how = {"seconds": options.seconds, "vec": options.vec, "device": options.device}
    with _telling() as show:
        points = measure(plan, options.n_envs_list, **how, show=show)
    about = {"env": plan.env_id, "algo": plan.algo, "vec": options.vec, "least_gain": options.least_gain}
    if options.format == "json":
        sys.stdout.write(json.dumps(document(points, about, machine), indent=2) + "\n")
    else:
        _show(points, plan, options.vec, options.least_gain, machine)
    return 0


@contextmanager
def _telling() -> Iterator[Callable[[int], None]]:
    """Yields a function to call with the count that is about to be measured."""
    if not watched():
        yield lambda n_envs: None
        return
    from rich.console import Console

    with Console(stderr=True).status("starting") as status:
        yield lambda n_envs: status.update(f"measuring {n_envs} environments")


def hardware(device: str) -> dict[str, object]:
    """What the figures depend on: processor, usable cores, their load before the measurement, the device."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return {
        "machine": platform.machine(),
        "cores": cores,
        "load": round(load, 2),
        "busy": load / cores > BUSY,
        "device": _device(device),
        "torch_threads": 1,
    }


def _device(asked: str) -> str:
    """Name of the device that trains."""
    import torch

    gpu = asked != "cpu" and torch.cuda.is_available()
    return str(torch.cuda.get_device_name()) if gpu else "cpu"


def document(
    points: Sequence[Point], about: dict[str, object], machine: dict[str, object]
) -> dict[str, object]:
    """Everything as plain data."""
    least = float(str(about["least_gain"]))
    return {
        "schema": 1,
        **about,
        "hardware": machine,
        "points": [asdict(point) for point in points],
        "stops_at": {which: stops(points, which, least) for which in ("env", "train")},
    }


def _show(points: Sequence[Point], plan: Plan, vec: str, least: float, machine: dict[str, object]) -> None:
    """A table of 80 columns, then where each rate stops to grow, then the machine."""
    from rich.table import Table

    from rldoctor.report.terminal_parts import console

    out = console()
    out.width = min(out.width, 80)
    out.print(f"{plan.algo} on {plan.env_id}, {vec}\n")
    table = Table(box=None, pad_edge=False)
    for name in ("n_envs", "env steps/s", "(blocks)", "gain", "train steps/s", "(blocks)", "gain"):
        table.add_column(name, justify="right", no_wrap=True)
    for point in points:
        env = (*_rate(point.env), _gain(point.env_gain))
        table.add_row(str(point.n_envs), *env, *_rate(point.train), _gain(point.train_gain))
    out.print(table)
    out.print()
    for which, name in (("env", "Environments alone"), ("train", "Training")):
        out.print(f"{name}: {verdict(points, which, least)}")
    out.print(_machine(machine))


def _rate(rate: Throughput) -> tuple[str, str]:
    return f"{rate.median:,.0f}", f"{rate.low:,.0f}-{rate.high:,.0f}"


def _gain(gain: float | None) -> str:
    return "" if gain is None else f"{100 * gain:.0f} %"


def verdict(points: Sequence[Point], which: str, least: float) -> str:
    """Where the rate stops to grow, with the arithmetic."""
    if len(points) < 2:
        return "one count of environments says nothing about scaling."
    end = stops(points, which, least)
    if end is None:
        return f"still gains at {points[-1].n_envs}, the most that was measured."
    before, after = next((one, two) for one, two in pairwise(points) if one.n_envs == end)
    slow, fast = (getattr(point, which).median for point in (before, after))
    share = getattr(after, f"{which}_gain")
    more = after.n_envs / before.n_envs
    return (
        f"scaling stops at {end}. From {end} to {after.n_envs}: {fast:,.0f} / {slow:,.0f} = "
        f"{fast / slow:.2f} times the steps with {more:g} times the environments, "
        f"{100 * share:.0f} % of perfect, less than {100 * least:.0f} %."
    )


def _machine(machine: dict[str, object]) -> str:
    text = (
        f"Measured on {machine['machine']}, {machine['cores']} cores, training on {machine['device']} "
        f"with {machine['torch_threads']} torch thread; median of blocks (slowest-fastest)."
    )
    if machine["busy"]:
        text += f" The machine was busy (load {machine['load']}): the figures are low and noisy."
    return text
