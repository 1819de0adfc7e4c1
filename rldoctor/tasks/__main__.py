"""``python -m rldoctor.tasks ID...``: plays environments again and writes their rows of the shipped table.

A checkout is needed, and the packages of the environments. Ids that cannot be made here keep their row, so
that environments of packages that exclude each other can be measured one after the other.
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rldoctor.errors import RldoctorError
from rldoctor.tasks.environment import make
from rldoctor.tasks.measure import MAX_STEPS, PlayOptions, measure
from rldoctor.tasks.rows import COLUMNS, row_of

DATA = Path(__file__).parent / "data"
MEASURED = "measured.csv"
# Agents see one frame in four of these games; the raw environment would be played four times as long. Without
# FIRE many of them never begin, so the do-nothing policy is not played.
ATARI = {"frameskip": 4, "obs_type": "ram"}
ATARI_STEPS = 27_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the named ids (regular expressions over the table's ids with ``--again``); 2 if one failed."""
    options = _parser().parse_args(arguments)
    table = _read(options.into, "id")
    names = [name for name in table if _any(options.ids, name)] if options.again else options.ids
    failed = 0
    for name in names:
        try:
            _measured(table, name, options)
        except RldoctorError as error:
            sys.stderr.write(f"{name}: {error}\n")
            failed += 1
    return 2 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rldoctor.tasks", description=__doc__)
    parser.add_argument("ids", nargs="+", metavar="ID")
    parser.add_argument("--again", action="store_true", help="IDs are patterns: rows to measure again")
    parser.add_argument("--episodes", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=10.0, help="per policy, of processor time")
    parser.add_argument("--into", type=Path, default=DATA / MEASURED, metavar="CSV")
    parser.add_argument("--idle", type=int, default=None, help="discrete action that does nothing")
    return parser


def _any(patterns: Sequence[str], name: str) -> bool:
    return any(re.fullmatch(pattern, name) for pattern in patterns)


def _read(path: Path, key: str) -> dict[str, dict[str, str]]:
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row[key]: dict(row) for row in csv.DictReader(file)}


def _measured(table: dict[str, dict[str, str]], name: str, options: argparse.Namespace) -> None:
    atari = name.endswith("NoFrameskip-v4") or name.startswith("ALE/")
    env = make(name, ATARI if atari else {})
    try:
        task = measure(name, env, _play(options, atari=atari))
    finally:
        env.close()
    table[name] = row_of(task)
    table[name]["source"] += ", four frames a step" if atari else ""
    _write(options.into, COLUMNS, table)
    played = [one for one in (task.random, task.idle) if one is not None]
    counts = " and ".join(f"{one.mean:.4g} ({one.episodes})" for one in played)
    sys.stderr.write(f"{name}: {counts}\n")


def _play(options: argparse.Namespace, *, atari: bool) -> PlayOptions:
    return PlayOptions(
        episodes=options.episodes,
        max_steps=ATARI_STEPS if atari else MAX_STEPS,
        seconds=options.seconds,
        idle=options.idle,
        policies=("random",) if atari else ("random", "idle"),
    )


def _write(path: Path, columns: Sequence[str], table: Mapping[str, Mapping[str, Any]]) -> None:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    for name in sorted(table):
        writer.writerow(table[name])
    path.write_text(out.getvalue(), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
