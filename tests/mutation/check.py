"""How many small faults in the program the tests notice: ``python tests/mutation/check.py --sample 60``.

Each mutant is one small change of the source (``<`` to ``<=``, ``+`` to ``-``, ``and`` to ``or``, a number
plus one, ``return`` of nothing ...). The tests of its part run on it until one fails; where none does, those
that run whole logs through the program follow. A mutant on which no test fails survived: a test is missing,
or the change changes nothing. All happens in a copy in a temporary folder; the checkout is never touched.

``--only engine,language`` takes parts, ``engine/scene.py`` a file; ``--sample N --seed S`` a random sample
(every mutant takes hours). Ends with 1 where the tests fail without a mutant.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mutants import Mutant, mutants_of, mutated

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "rldoctor"
PARTS = ("engine", "language", "vocabulary")
# Through the whole program: slower, and asked only about what the tests of the part let live.
WIDER = ("tests/engine/test_rules.py", "tests/test_practitioners_notes.py", "tests/traps")
# A mutant may loop forever: this many times what the tests need without one, and at least so many seconds.
PATIENCE, LEAST_SECONDS = 5.0, 60.0
PYTEST = ("-x", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist")


@dataclass(frozen=True)
class Place:
    """A copy of the project in which sources may be broken."""

    root: Path

    def run(self, tests: Sequence[str], limit: float | None = None) -> bool | None:
        """Whether the tests pass; None when they took longer than ``limit`` seconds."""
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.root),
            # The bytecode of a mutant must not outlive it, nor may what it computed in a cache of the user.
            "PYTHONDONTWRITEBYTECODE": "1",
            "XDG_CACHE_HOME": str(self.root / ".cache"),
        }
        command = [sys.executable, "-m", "pytest", *PYTEST, *tests]
        running = subprocess.Popen(
            command, cwd=self.root, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            return running.wait(limit) == 0
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
            return None


def copied(root: Path, into: Path) -> Place:
    """A copy of what is under version control or new in it, times of change included."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (root / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, into / name)
    return Place(into)


def chosen(root: Path, only: Sequence[str]) -> Iterator[Mutant]:
    """All mutants of the named parts (``engine``) and files (``engine/scene.py``) of the package."""
    for name in only:
        place = root / PACKAGE / name
        files = sorted(place.rglob("*.py")) if place.is_dir() else [place]
        for path in files:
            yield from mutants_of(path.relative_to(root), path.read_text(encoding="utf-8"))


def tests_of(root: Path, source: Path) -> list[str]:
    """The tests of a source file's part, those that are named after the file first."""
    part = root / "tests" / source.parts[1]
    named = sorted(part.rglob(f"test_*{source.stem}*.py")) if source.stem != "__init__" else []
    return [str(path.relative_to(root)) for path in (*named, part)]


def fate(place: Place, mutant: Mutant, limits: dict[str, float]) -> str:
    """``killed``, ``killed by the wider tests``, ``timeout`` (as good as killed) or ``survived``."""
    path = place.root / mutant.path
    text, times = path.read_text(encoding="utf-8"), (path.stat().st_atime, path.stat().st_mtime)
    path.write_text(mutated(text, mutant), encoding="utf-8")
    try:
        for tests, limit, told in (
            (tests_of(place.root, mutant.path), limits[mutant.path.parts[1]], "killed"),
            (
                [name for name in WIDER if (place.root / name).exists()],
                limits[""],
                "killed by the wider tests",
            ),
        ):
            passed = place.run(tests, limit) if tests else True
            if not passed:
                return "timeout" if passed is None else told
        return "survived"
    finally:
        path.write_text(text, encoding="utf-8")
        os.utime(path, times)


def healthy(place: Place, parts: set[str]) -> dict[str, float]:
    """The time limit of each part's tests (``""``: the wider ones); exits where they fail as it is."""
    limits = {}
    for part in sorted({*parts, ""}):
        began = time.monotonic()
        tests = [f"tests/{part}"] if part else [name for name in WIDER if (place.root / name).exists()]
        if tests and not place.run(tests):
            sys.exit(f"the tests fail without a mutant: {' '.join(tests)}")
        limits[part] = max(LEAST_SECONDS, PATIENCE * (time.monotonic() - began))
    return limits


def check(root: Path, mutants: Sequence[Mutant]) -> dict[str, list[Mutant]]:
    """Run every mutant and say each one's fate; the mutants by fate."""
    found: dict[str, list[Mutant]] = {}
    with tempfile.TemporaryDirectory() as folder:
        place = copied(root, Path(folder))
        limits = healthy(place, {mutant.path.parts[1] for mutant in mutants})
        for number, mutant in enumerate(mutants, 1):
            told = fate(place, mutant, limits)
            found.setdefault(told, []).append(mutant)
            print(f"{number}/{len(mutants)} {told}: {mutant}", flush=True)
    return found


def main(words: Sequence[str] | None = None) -> None:
    """Parse the options, run, print the figures and the survivors."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default=",".join(PARTS), help="parts or files below rldoctor/, by comma")
    parser.add_argument("--sample", type=int, help="this many mutants, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    parser.add_argument("--list", action="store_true", help="say which mutants would run, and end")
    given = parser.parse_args(words)
    mutants = list(chosen(ROOT, given.only.split(",")))
    if given.sample is not None and given.sample < len(mutants):
        mutants = random.Random(given.seed).sample(mutants, given.sample)
    if given.list:
        print(*mutants, sep="\n")
        return
    found = check(ROOT, mutants)
    print(
        f"\n{len(mutants)} mutants: "
        + ", ".join(f"{len(ones)} {told}" for told, ones in sorted(found.items()))
    )
    print(*(f"survived: {mutant}" for mutant in found.get("survived", ())), sep="\n")


if __name__ == "__main__":
    main()
