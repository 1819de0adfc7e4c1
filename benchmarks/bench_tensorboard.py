"""How fast event files are read: ``python benchmarks/bench_tensorboard.py [--size N] [--rounds N]``.

Every measurement is the first call in a fresh process (imports not counted), and the methods run in turn
(A B C D A B C D ...), so that a busy machine slows them alike. Printed: scalars per second and seconds
(medians of the wall time), the ratio to EventAccumulator, and the peak memory of the process. First, every
point of every file is compared with what EventAccumulator reads: steps, wall times and values have to be
equal, not close.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tensorboard_logs import SHAPES, make
from tensorboard_methods import METHODS, event_files, missing

Result = dict[str, float]
REFERENCE = "EventAccumulator"


def measure(method: str, directory: Path) -> Result:
    """One call in a fresh process."""
    script = Path(__file__).with_name("tensorboard_methods.py")
    command = [sys.executable, str(script), method, str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: Result = json.loads(done.stdout.splitlines()[-1])
    return result


def verify(directory: Path) -> int:
    """Compare every point with EventAccumulator; the number compared. AssertionError at a difference."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from rldoctor.readers.tensorboard import read_scalars

    compared = 0
    for path in event_files(directory):
        peer = EventAccumulator(str(path), size_guidance={"scalars": 0})
        peer.Reload()
        ours = read_scalars(path)
        tags = peer.Tags()["scalars"]
        assert set(tags) == set(ours), f"{path}: other tags"
        for tag in tags:
            points = peer.Scalars(tag)
            same = (
                [point.step for point in points] == ours[tag].steps.tolist()
                and [point.wall_time for point in points] == ours[tag].wall.tolist()
                and [point.value for point in points] == ours[tag].values.tolist()
            )
            assert same, f"{path}: {tag} differs"
            compared += len(points)
    return compared


def report(shape: str, results: dict[str, list[Result]], scalars: int) -> None:
    """One table."""
    seconds = {name: statistics.median(item["seconds"] for item in found) for name, found in results.items()}
    print(f"\n{shape}: {scalars:,} scalars, median of {len(results[REFERENCE])}")
    print(f"  {'':18} {'scalars/s':>12} {'seconds':>9} {'ratio':>7} {'peak MB':>8} {'of it by reading':>17}")
    for name, found in results.items():
        peak = statistics.median(item["peak"] for item in found)
        grown = statistics.median(item["peak"] - item["before"] for item in found)
        ratio = seconds[REFERENCE] / seconds[name]
        rate = scalars / seconds[name]
        print(f"  {name:18} {rate:12,.0f} {seconds[name]:9.3f} {ratio:6.1f}x {peak:8.0f} {grown:17.0f}")


def run(shape: str, directory: Path, rounds: int, methods: list[str]) -> None:
    """Verify and measure one set of files."""
    compared = verify(directory)
    print(f"{shape}: {compared:,} points equal to EventAccumulator's in step, wall time and value")
    results: dict[str, list[Result]] = {name: [] for name in methods}
    for _ in range(rounds):
        for name in methods:
            result = measure(name, directory)
            assert result["scalars"] == compared, f"{name} read {result['scalars']:,} of {compared:,}"
            results[name].append(result)
    report(shape, results, compared)


def main() -> None:
    """Parse the options, make the files, measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=200_000, help="scalars per set of files")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--files", type=Path, help="keep the files in this directory (default: temporary)")
    options = parser.parse_args()
    absent = missing()
    for name in absent:
        print(f"{name}: not installed, not measured")
    # What ``load`` does on top of decoding is measured by bench_load.py, with everything a process costs.
    methods = [name for name in METHODS if name not in (*absent, "rldoctor.load")]
    with tempfile.TemporaryDirectory() as scratch:
        for shape in options.shapes:
            run(shape, make(shape, options.files or Path(scratch), options.size), options.rounds, methods)


if __name__ == "__main__":
    main()
