"""How long a diagnosis takes: ``python benchmarks/bench_engine.py [--points N] [--tags N] [--rounds N]``.

Runs of 40 metrics with 10,000 points each, in memory (PPO and SAC, healthy and sick), all built-in rules.
Printed: milliseconds to diagnose (everything after reading) and to prepare, and, as a yardstick on the same
machine, what reading the same points from a TensorBoard file takes; then the slowest rules, and how long
loading the rules takes. Times are medians of wall time; the runs take turns (A B C D A B C D ...), so that a
busy machine slows them alike. ``--profile KIND`` prints where the time of one diagnosis goes instead.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine_runs import KINDS, make_run, write_run

from rldoctor import api
from rldoctor.engine.evaluate import evaluate_rule
from rldoctor.engine.policy import load_derived, load_policy
from rldoctor.engine.prepared_run import prepare
from rldoctor.language import parser
from rldoctor.model.run import Run
from rldoctor.paths import builtin_rules_dir
from rldoctor.rulebook.loader import load_pack

SLOWEST = 10
Taken = dict[str, list[float]]


def timed(taken: Taken, name: str, work: Callable[[], Any]) -> Any:
    """What ``work`` returns; its wall seconds are added to ``taken``."""
    start = time.perf_counter()
    made = work()
    taken[name].append(time.perf_counter() - start)
    return made


def load_rules() -> None:
    """Read, parse and check every rule file, nothing kept from before."""
    parser._parse.cache_clear()
    load_pack([builtin_rules_dir()], tests=False)


def measure(run: Run, taken: Taken, rules: dict[str, list[float]]) -> None:
    """One round: the diagnosis as a whole, then its parts."""
    timed(taken, "diagnose", lambda: api.diagnose(run))
    builtin = builtin_rules_dir()
    policy, derived = load_policy(builtin), load_derived(builtin)
    context = timed(taken, "prepare", lambda: prepare(run, policy, derived))
    for rule in api.rules():
        timed(rules, rule.code, lambda rule=rule: evaluate_rule(rule, context, policy))  # type: ignore[misc]


def reading(run: Run, directory: Path, rounds: int, taken: Taken) -> None:
    """Read the same points from an event file: the file alone, then with everything that ``load`` does."""
    from rldoctor.readers.tensorboard import read_scalars

    write_run(run, directory / run.id)
    (file,) = (directory / run.id).iterdir()
    names = {one.tag: name for name, one in run.metrics.series.items() if not name.startswith("timer")}
    for _ in range(rounds):
        timed(taken, "event file", lambda: read_scalars(file))
        timed(taken, "load", lambda: api.load(directory / run.id, algorithm=run.algorithm, tag_map=names))


def report(runs: dict[str, Run], taken: dict[str, Taken], rules: dict[str, dict[str, list[float]]]) -> None:
    """Print the tables."""
    middle = statistics.median
    read = middle(taken["reading"]["event file"])
    print(f"{'run':16} {'looked':>7} {'diagnose ms':>12} {'prepare ms':>11} {'x reading':>10}")
    for kind, run in runs.items():
        whole, before = (middle(taken[kind][name]) for name in ("diagnose", "prepare"))
        ran = api.diagnose(run).coverage
        looked = f"{ran.ran}/{ran.total}"
        print(f"{kind:16} {looked:>7} {whole * 1e3:12.0f} {before * 1e3:11.0f} {whole / read:10.2f}")
    print(
        f"\nreading the event file of {KINDS[0]}: {read * 1e3:.0f} ms, "
        f"load(): {middle(taken['reading']['load']) * 1e3:.0f} ms"
    )
    count, loading = len(api.rules()), middle(taken["rules"]["load"])
    print(f"loading {count} rules: {loading * 1e3:.0f} ms ({loading * 1e3 / count:.2f} ms each)\n")
    print(f"slowest rules, ms{'':14}" + "".join(f"{kind:>16}" for kind in runs))
    worst = sorted(rules[KINDS[0]], key=lambda code: -max(middle(rules[kind][code]) for kind in runs))
    for code in worst[:SLOWEST]:
        cells = "".join(f"{middle(rules[kind][code]) * 1e3:16.1f}" for kind in runs)
        print(f"{code:31}{cells}")


def profile(run: Run) -> None:
    """Where the time of one diagnosis goes."""
    import cProfile
    import pstats

    api.diagnose(run)
    with cProfile.Profile() as found:
        api.diagnose(run)
    pstats.Stats(found).sort_stats("tottime").print_stats(30)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--points", type=int, default=10_000, help="points per metric (default 10,000)")
    options.add_argument("--tags", type=int, default=40, help="metrics per run (default 40)")
    options.add_argument("--rounds", type=int, default=7, help="how often each run is diagnosed (default 7)")
    options.add_argument("--profile", choices=KINDS, help="print a profile of one diagnosis instead")
    given = options.parse_args()
    runs = {kind: make_run(kind, given.points, given.tags) for kind in KINDS}
    if given.profile:
        profile(runs[given.profile])
        return
    taken: dict[str, Taken] = defaultdict(lambda: defaultdict(list))
    rules: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for run in runs.values():
        api.diagnose(run)  # the first call fills the caches of compiled expressions and is not counted
    for _ in range(given.rounds):
        timed(taken["rules"], "load", load_rules)
        for kind, run in runs.items():
            measure(run, taken[kind], rules[kind])
    with tempfile.TemporaryDirectory() as scratch:
        reading(runs[KINDS[0]], Path(scratch), min(given.rounds, 3), taken["reading"])
    report(runs, taken, rules)


if __name__ == "__main__":
    main()
