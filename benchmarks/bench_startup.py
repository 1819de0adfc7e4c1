"""What a start costs: ``python benchmarks/bench_startup.py [--old CHECKOUT] [--rounds N] [--source]``.

CPU seconds (user and system) of fresh processes, the median of N rounds. With an older checkout every command
runs in both by turns, so that a busy machine slows them alike; the ratio is that of the medians. As a user
has it, compiled modules and the compiled rules are kept from an uncounted first round, in a temporary folder;
with ``--source`` Python compiles our modules anew each time (``PYTHONDONTWRITEBYTECODE``).
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUNS = ROOT / "reference_runs"


def small_run(scratch: Path) -> Path:
    """A recorded reference run where there is one, else a small TensorBoard run written into ``scratch``."""
    recorded = RUNS / "healthy" / "ppo-Pendulum-v1-0"
    return recorded if recorded.is_dir() else write_run(scratch / "ppo_CartPole")


def write_run(directory: Path) -> Path:
    """Ten tags of 400 points, in Stable-Baselines3's words."""
    from tensorboardX import SummaryWriter

    tags = ["rollout/ep_rew_mean", "rollout/ep_len_mean", "time/fps"]
    tags += [f"train/{name}" for name in ("approx_kl", "clip_fraction", "entropy_loss", "explained_variance")]
    tags += [f"train/{name}" for name in ("loss", "value_loss", "learning_rate")]
    with SummaryWriter(str(directory)) as writer:
        for i in range(400):
            for tag in tags:
                writer.add_scalar(tag, 0.01 * i, i * 2048)
    return directory


def commands(run: Path) -> dict[str, list[str]]:
    """What is measured, the interpreter and numpy first: less than these no command can take."""
    rldoctor = ["-m", "rldoctor"]
    analyze = [*rldoctor, "analyze", str(run), "--fail-on", "never"]
    return {
        "python -c pass": ["-c", "pass"],
        "python -c 'import numpy, typer'": ["-c", "import numpy, typer"],
        "rldoctor --help": [*rldoctor, "--help"],
        "rldoctor analyze": analyze,
        "rldoctor analyze -f json": [*analyze, "-f", "json"],
        "rldoctor analyze -q": [*analyze, "-q"],
        "rldoctor inspect": [*rldoctor, "inspect", str(run)],
    }


def environment(checkout: Path, scratch: Path, *, source: bool) -> dict[str, str]:
    """The checkout's own code, one thread, and caches that touch nobody else's."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **kept,
        # The prefix moves the compiled modules of numpy and typer too, which stay compiled either way.
        **(
            {"PYTHONDONTWRITEBYTECODE": "1"} if source else {"PYTHONPYCACHEPREFIX": str(scratch / "bytecode")}
        ),
        "PYTHONPATH": str(checkout),
        "RLDOCTOR_CACHE_DIR": str(scratch / "compiled"),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def once(command: list[str], environment: dict[str, str], folder: Path) -> float:
    """CPU seconds of one process; exits with the command's own error output when it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=environment,
        cwd=folder,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(command: list[str], environments: list[dict[str, str]], rounds: int, folder: Path) -> list[float]:
    """The median for each environment; one round before the first fills the caches and is not counted."""
    taken: list[list[float]] = [[] for _ in environments]
    for number in range(rounds + 1):
        for place, one in enumerate(environments):
            seconds = once(command, one, folder)
            taken[place] += [seconds] if number else []
    return [statistics.median(seconds) for seconds in taken]


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--old", type=Path, help="another checkout to measure beside this one")
    parser.add_argument("--rounds", type=int, default=5, help="how often each command runs (default 5)")
    parser.add_argument("--source", action="store_true", help="keep no compiled modules")
    options = parser.parse_args()
    checkouts = [ROOT, *([options.old.resolve()] if options.old else [])]
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        environments = [
            environment(checkout, scratch / str(number), source=options.source)
            for number, checkout in enumerate(checkouts)
        ]
        head = f"{'CPU seconds':34}{'here':>8}" + (f"{'old':>8}{'here/old':>10}" if options.old else "")
        print(f"{head}   (median of {options.rounds})")
        for said, command in commands(small_run(scratch)).items():
            mine, *others = measure(command, environments, max(1, options.rounds), scratch)
            ratio = "".join(f"{other:8.3f}{mine / other:10.2f}" for other in others)
            print(f"{said:34}{mine:8.3f}{ratio}", flush=True)


if __name__ == "__main__":
    main()
