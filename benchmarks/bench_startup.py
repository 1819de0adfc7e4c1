"""How long the commands take from a cold start: ``python benchmarks/bench_startup.py [--rounds N]``.

Every command runs in a fresh process, all in turn (A B C A B C ...), so that a busy machine slows them alike.
Printed: median and fastest wall time in milliseconds, and the ratio of the medians to a bare interpreter.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNS = ROOT / "reference_runs"


def small_run(scratch: Path) -> Path:
    """A recorded reference run where there is one, else a small TensorBoard run written into ``scratch``."""
    recorded = sorted(path for path in RUNS.glob("healthy/*") if path.is_dir())
    return recorded[0] if recorded else write_run(scratch / "ppo_CartPole")


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
    """What is timed, the bare interpreter first."""
    python = sys.executable
    script = shutil.which("rldoctor", path=str(Path(python).parent))
    timed = {
        "python -c pass": [python, "-c", "pass"],
        "python -c 'import numpy'": [python, "-c", "import numpy"],
        "python -m rldoctor --help": [python, "-m", "rldoctor", "--help"],
        "rldoctor --help": [script or "", "--help"],
        f"rldoctor analyze {run.name}": [script or "", "analyze", str(run), "--fail-on", "never"],
        f"rldoctor inspect {run.name}": [script or "", "inspect", str(run)],
    }
    return {name: command for name, command in timed.items() if command[0]}


def once(command: list[str]) -> float:
    """Wall seconds of one run; exits with the command's own error output when it fails."""
    # As a user has it: compiled modules are kept, so that only the uncounted first round compiles.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    done = subprocess.run(
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=kept, check=False
    )
    took = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")
    return took


def measure(timed: dict[str, list[str]], rounds: int) -> dict[str, list[float]]:
    """Wall seconds of every round; one round before the first fills the caches and is not counted."""
    for command in timed.values():
        once(command)
    taken: dict[str, list[float]] = {name: [] for name in timed}
    for _ in range(rounds):
        for name, command in timed.items():
            taken[name].append(once(command))
    return taken


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=11, help="how often each command runs (default 11)")
    rounds = max(1, parser.parse_args().rounds)
    with tempfile.TemporaryDirectory() as scratch:
        taken = measure(commands(small_run(Path(scratch))), rounds)
    bare = statistics.median(taken["python -c pass"])
    print(f"{'command':44} {'median ms':>10} {'best ms':>9} {'ratio':>6}   (n = {rounds})")
    for name, seconds in taken.items():
        median = statistics.median(seconds)
        print(f"{name:44} {median * 1e3:10.0f} {min(seconds) * 1e3:9.0f} {median / bare:6.1f}")


if __name__ == "__main__":
    main()
