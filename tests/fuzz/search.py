"""Coverage-guided search for an input that a target does not survive (needs the extra ``fuzz``: atheris).

``python tests/fuzz/search.py TARGET [SECONDS] [--keep DIR]``, or ``all``: each target for so long (10), from
the corpora of ``tests/fuzz/corpora``. An input may be refused with an error of this program and no other, and
may take 5 s. What breaks that is left in ``tests/fuzz/found`` and becomes a test; with ``--keep`` what is
reached on the way stays in ``DIR/TARGET``, and ``python tests/fuzz/corpora.py DIR`` makes the corpora of it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
FOUND = HERE / "found"
SLOWEST = 5
MEGABYTES = 1024


def one(name: str, seconds: int, keep: Path | None, slowest: int = SLOWEST) -> None:
    """Search with one target in this process; ends it."""
    import atheris  # type: ignore[import-not-found]

    with atheris.instrument_imports(include=["rldoctor"]):
        from corpora import unpacked
        from targets import TARGETS, survives, warmed

        warmed(name)
    folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))

    kept = folder / "corpus" if keep is None else keep / name
    kept.mkdir(parents=True, exist_ok=True)
    unpacked(name, kept)
    FOUND.mkdir(exist_ok=True)
    options = {
        "max_total_time": seconds,
        "timeout": slowest,
        "report_slow_units": slowest,
        "rss_limit_mb": MEGABYTES,
        "max_len": TARGETS[name].longest,
        "artifact_prefix": f"{FOUND}/{name}-",
        "print_final_stats": 1,
        "verbosity": 0,
    }
    arguments = [f"-{option}={value}" for option, value in options.items()]
    atheris.Setup([sys.argv[0], *arguments, str(kept)], lambda data: survives(name, data, folder))
    atheris.Fuzz()


def every(seconds: int, keep: Path | None) -> int:
    """Each target in a process of its own; 1 where something was found."""
    from targets import TARGETS

    more = [] if keep is None else ["--keep", str(keep)]
    bad = [
        name
        for name in TARGETS
        if subprocess.run([sys.executable, __file__, name, str(seconds), *more], check=False).returncode
    ]
    print("found something in: " + ", ".join(bad) if bad else "nothing found")
    return int(bool(bad))


def main() -> int:
    """Run one target, or all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target")
    parser.add_argument("seconds", type=int, nargs="?", default=10)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--slowest", type=int, default=SLOWEST, help="seconds of an input, of one target [5]")
    given = parser.parse_args()
    sys.path[:0] = [str(HERE.parent), str(HERE.parent / "rulebook")]
    if given.target == "all":
        return every(given.seconds, given.keep)
    one(given.target, given.seconds, given.keep, given.slowest)
    return 0


if __name__ == "__main__":
    sys.exit(main())
