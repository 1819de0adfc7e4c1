"""What many runs cost: ``python benchmarks/bench_many.py [--counts 10 50 500] [--format json] [--jobs 2]``.

Trees of copies of the reference runs (each copied anew, so that nothing is shared on disk), analysed by one
fresh process each. Printed: CPU seconds of the process and its workers, wall seconds, and the most memory
that all of them took together (PSS, so that shared pages count once; Linux only). With ``--cache`` a first,
uncounted pass fills the cache, and the second is measured. Wall time says little on a shared machine.
``--plot FILE`` draws the memory against the runs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

from memory_plot import memory_plot

ROOT = Path(__file__).resolve().parents[1]
RUNS = ROOT / "reference_runs"
_EVERY = 0.25


class Cost(NamedTuple):
    """CPU and wall seconds, and megabytes."""

    cpu: float
    wall: float
    peak: float


def sources() -> list[Path]:
    """The folders of the recorded runs, healthy and faulty."""
    return sorted({path.parent for path in RUNS.glob("*/**/events.out.tfevents.*")})


def tree(count: int, root: Path) -> Path:
    """``count`` runs below one folder."""
    for number, source in enumerate(islice(cycle(sources()), count)):
        shutil.copytree(source, root / f"run-{number:05d}-{source.name}")
    return root


def memory(pid: int) -> float:
    """Megabytes of a process and its children."""
    total = 0.0
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for one in (str(pid), *children):
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
            total += sum(float(line.split()[1]) for line in lines if line.startswith("Pss:"))
    except OSError:  # one that ended meanwhile
        return 0.0
    return total / 1024


def measure(command: list[str], environment: dict[str, str], folder: Path) -> Cost:
    """One run of the command."""
    started, peak = time.monotonic(), 0.0
    with subprocess.Popen(command, env=environment, cwd=folder, stderr=subprocess.DEVNULL) as process:
        while True:
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            peak = max(peak, memory(process.pid))
            time.sleep(_EVERY)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{' '.join(command)}: exit code {process.returncode}"
    return Cost(used.ru_utime + used.ru_stime, time.monotonic() - started, peak)


def compiled(checkout: Path, scratch: Path) -> dict[str, str]:
    """The environment of a checkout whose modules and rules are compiled, as after an installation."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    made = {
        **kept,
        "PYTHONPATH": str(checkout),
        "PYTHONPYCACHEPREFIX": str(scratch / "bytecode"),
        "RLDOCTOR_CACHE_DIR": str(scratch / "cache"),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "rldoctor", "analyze", str(tree(2, scratch / "first")), "-f", "json"]
    subprocess.run(command, env=made, cwd=scratch, capture_output=True, check=False)
    return made


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--counts", type=int, nargs="+", default=[10, 50, 100, 200, 500])
    parser.add_argument("--format", default="json")
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--cache", action="store_true")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="an SVG of the memory")
    parser.add_argument("--old", type=Path, help="another checkout, without these options")
    given = parser.parse_args()
    points = []
    print(f"{'runs':>6}{'CPU s':>9}{'wall s':>9}{'CPU ms/run':>12}{'peak MB':>9}", flush=True)
    for count in given.counts:
        with tempfile.TemporaryDirectory() as scratch:
            runs = tree(count, Path(scratch) / "runs")
            out = str(Path(scratch) / "out")
            command = [sys.executable, "-m", "rldoctor", "analyze", str(runs), "-f", given.format, "-o", out]
            command += ["--fail-on", "never"]
            command += [] if given.old else ["--jobs", given.jobs, *(["--cache"] if given.cache else [])]
            environment = compiled(given.old or ROOT, Path(scratch))
            first = measure(command, environment, Path(scratch)) if given.cache else None
            cost = measure(command, environment, Path(scratch))
            if first is not None:
                print(f"first pass: {first.cpu:.1f} s CPU", flush=True)
            each = cost.cpu / count * 1e3
            print(f"{count:6}{cost.cpu:9.2f}{cost.wall:9.1f}{each:12.1f}{cost.peak:9.0f}", flush=True)
            points.append((float(count), cost.peak))
    if given.plot:
        about = f"memory of {given.jobs} processes that judge runs ({given.format})"
        given.plot.write_text(memory_plot(points, int(given.jobs), about), encoding="utf-8")


if __name__ == "__main__":
    main()
