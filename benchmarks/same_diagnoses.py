"""Whether two checkouts say the same of the same runs: the JSON of ``analyze``, compared but for paths.

    python benchmarks/same_diagnoses.py OLD_CHECKOUT [RUNS ...]

Runs default to this checkout's ``reference_runs``. Each checkout analyses them in a process of its own, with
its own code and rules. What should change no diagnosis shows here that it changed none: exit 0 when nothing
differs, else 1 with the first differences. ``--ignore KEY`` leaves a key out (a version).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[1]
SHOWN = 5
# Of so many runs the differences are printed; the count at the end is of all.
MAX_RUNS = 20


def main() -> int:
    """Compare, print, and return the exit code."""
    options = _options()
    runs = options.runs or [HERE / "reference_runs" / "healthy", HERE / "reference_runs" / "faulty"]
    different = total = 0
    for place in runs:
        old, new = (_analysed(checkout, place) for checkout in (options.old, HERE))
        found = list(_different(old, new, set(options.ignore)))
        total += len(new)
        different += len(found)
        for name, places in found[:MAX_RUNS]:
            print(name, *(f"    {text}" for text in places[:SHOWN]), sep="\n")
    print(f"{different} of {total} runs differ")
    return int(different > 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("old", type=Path, metavar="OLD_CHECKOUT")
    parser.add_argument("runs", type=Path, nargs="*", metavar="RUNS")
    parser.add_argument("--ignore", action="append", default=[], metavar="KEY")
    return parser.parse_args()


def _analysed(checkout: Path, runs: Path) -> list[dict[str, Any]]:
    """The ``runs`` of the JSON that a checkout writes, with its own paths cut out."""
    root = str(checkout.resolve())
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "report.json"
        command = [sys.executable, "-m", "rldoctor", "analyze", str(runs.resolve())]
        command += ["-f", "json", "-o", str(target), "--fail-on", "never"]
        # From a folder of its own: settings of the current directory must not take part.
        subprocess.run(
            command,
            check=False,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": root},
            stderr=subprocess.DEVNULL,
        )
        text = target.read_text(encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(text.replace(root, "").replace(str(HERE), ""))["runs"]
    return found


def _different(
    old: list[dict[str, Any]], new: list[dict[str, Any]], ignored: set[str]
) -> Iterator[tuple[str, list[str]]]:
    """Each run that is not said the same of, with the places where it differs."""
    # One directory may hold several runs, so a run is known by both.
    before = {(run["path"], run["id"]): run for run in old}
    for run in new:
        name = (run["path"], run["id"])
        if name not in before:
            yield run["id"], ["not found by the old checkout"]
        elif places := list(_places(before.pop(name), run, "", ignored)):
            yield run["id"], places
    yield from ((name, ["not found by the new checkout"]) for _, name in before)


def _places(old: object, new: object, at: str, ignored: set[str]) -> Iterator[str]:
    """Where two JSON values differ, as ``path: old -> new``."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            if key not in ignored:
                yield from _places(old.get(key, "absent"), new.get(key, "absent"), f"{at}/{key}", ignored)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _places(one, other, f"{at}/{index}", ignored)
    elif old != new:
        yield f"{at}: {_short(old)} -> {_short(new)}"


def _short(value: object) -> str:
    text = f"a list of {len(value)}" if isinstance(value, list) else repr(value)
    return text if len(text) < 80 else text[:77] + "..."


if __name__ == "__main__":
    sys.exit(main())
