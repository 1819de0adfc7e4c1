"""What reading costs a user, process against process: ``python benchmarks/bench_load.py [--shapes ...]``.

``bench_tensorboard.py`` times decoders alone, imports not counted. This counts whole processes from start to
exit, imports and all: ``rldoctor.load`` (runs found, decoded, named in canonical metrics and units) against
TensorBoard's EventAccumulator, tbparse and TensorBoard's Rust data server, which only read. Counted is the
CPU time, user and system, of a process and its children, one thread each, since wall time of a shared machine
says little; methods run in turn, medians are printed. Bytecode is compiled before the first round, as an
installation does.

First, every point of every series of the raw runs is compared with EventAccumulator's: steps, wall times and
values have to be equal. Of the understood runs every tag has to be accounted for, with the same steps.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tensorboard_logs import SHAPES, make
from tensorboard_methods import METHODS, missing

OURS = "rldoctor.load"
REFERENCE = "EventAccumulator"
# The ones that take a minute of CPU on 500 runs.
SLOW = (REFERENCE, "tbparse")


class Cost(NamedTuple):
    """CPU seconds of a process and its children, and the scalars it read, peak memory in MB."""

    seconds: float
    scalars: int
    peak: float


def measure(method: str, directory: Path, bytecode: Path) -> Cost:
    """One fresh process."""
    script = str(Path(__file__).with_name("tensorboard_methods.py"))
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    environment = {**os.environ, **threads, "PYTHONPYCACHEPREFIX": str(bytecode)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    reading, writing = os.pipe()
    process = os.posix_spawn(
        sys.executable,
        [sys.executable, script, method, str(directory)],
        environment,
        file_actions=[(os.POSIX_SPAWN_DUP2, writing, 1), (os.POSIX_SPAWN_CLOSE, reading)],
    )
    os.close(writing)
    with os.fdopen(reading) as stream:
        told = json.loads(stream.read().splitlines()[-1])
    _, status, used = os.wait4(process, 0)
    assert status == 0, f"{method} failed"
    return Cost(used.ru_utime + used.ru_stime, int(told["scalars"]), told["peak"])


def verify(directory: Path) -> int:
    """Compare with EventAccumulator; the number of scalars. AssertionError at a difference."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from rldoctor.readers.discover import find_runs
    from rldoctor.vocabulary.mapping import understand

    scalars = 0
    for raw in find_runs(directory):
        peer = EventAccumulator(str(raw.path), size_guidance={"scalars": 0})
        peer.Reload()
        points = {tag: peer.Scalars(tag) for tag in peer.Tags()["scalars"]}
        assert set(points) == raw.tags(), f"{raw.id}: other tags"
        for one in raw.series:
            assert one.wall is not None
            ours = list(zip(one.steps.tolist(), one.wall.tolist(), one.values.tolist(), strict=True))
            theirs = [(point.step, point.wall_time, point.value) for point in points[one.tag]]
            assert ours == theirs, f"{raw.id}: {one.tag} differs"
            scalars += len(ours)
        run = understand(raw)
        named = [*run.metrics.series.values(), *run.metrics.alternates, *run.metrics.unmapped]
        assert {one.tag for one in named} | set(run.metrics.ignored) == set(points), f"{raw.id}: tags lost"
        assert all(one.steps.tolist() == [point.step for point in points[one.tag]] for one in named)
    return scalars


def report(shape: str, costs: dict[str, list[Cost]], scalars: int) -> None:
    """One table."""
    ours = statistics.median(cost.seconds for cost in costs[OURS])
    print(f"\n{shape}: {scalars:,} scalars, CPU seconds of the whole process")
    print(f"  {'':18} {'median':>8} {'of':>3} {'lowest':>8} {'highest':>8} {'load is':>9} {'peak MB':>8}")
    for name, found in costs.items():
        seconds = [cost.seconds for cost in found]
        middle = statistics.median(seconds)
        row = f"  {name:18} {middle:8.2f} {len(found):3} {min(seconds):8.2f} {max(seconds):8.2f}"
        print(
            f"{row} {middle / ours:8.1f}x {statistics.median(cost.peak for cost in found):8.0f}", flush=True
        )


def run(shape: str, directory: Path, rounds: dict[str, int]) -> None:
    """Verify and measure one set of files."""
    scalars = verify(directory)
    print(f"{shape}: {scalars:,} points equal to EventAccumulator's in step, wall time and value", flush=True)
    costs: dict[str, list[Cost]] = {name: [] for name in rounds}
    with tempfile.TemporaryDirectory() as bytecode:
        measure(OURS, directory, Path(bytecode))
        for turn in range(max(rounds.values())):
            for name in [name for name, count in rounds.items() if turn < count]:
                costs[name].append(measure(name, directory, Path(bytecode)))
                # ``load`` leaves out what it knows to be bookkeeping (wall clocks, frames per second).
                assert name == OURS or costs[name][-1].scalars == scalars, f"{name}: other points"
    report(shape, costs, scalars)


def main() -> None:
    """Parse the options, make the files, measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=200_000, help="scalars per set of files")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slow-rounds", type=int, help=f"of {' and '.join(SLOW)} (default: as --rounds)")
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument(
        "--methods", nargs="+", choices=list(METHODS), default=[OURS, *SLOW, "Rust data server"]
    )
    parser.add_argument("--files", type=Path, help="keep the files in this directory (default: temporary)")
    options = parser.parse_args()
    absent = missing()
    for name in absent:
        print(f"{name}: not installed, not measured")
    slow = options.slow_rounds or options.rounds
    rounds = {
        name: slow if name in SLOW else options.rounds for name in options.methods if name not in absent
    }
    with tempfile.TemporaryDirectory() as scratch:
        for shape in options.shapes:
            run(shape, make(shape, options.files or Path(scratch), options.size), rounds)


if __name__ == "__main__":
    main()
