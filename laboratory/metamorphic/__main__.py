"""``python -m laboratory.metamorphic``: change every bundled run and see whether the diagnosis stays.

Writes ``docs/stability.md`` (``--into``) and, with ``--json``, every pair of diagnoses that differ. Exit
code 1 when a criterion is not met. ``--only TEXT`` takes the runs whose name contains it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from laboratory.metamorphic.measure import Changed, changed
from laboratory.metamorphic.page import page
from laboratory.metamorphic.score import score
from laboratory.validation.cases import Label
from laboratory.validation.collect import bundled_runs, labels
from rldoctor.paths import PACKAGE


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the page."""
    options = _parser().parse_args(arguments)
    found = [label for label in labels(bundled_runs()) if options.only in label.name][:: options.sample]
    pairs = list(_pairs(found, gaps=not options.quick))
    scores = score(pairs)
    text = page(scores, len(found))
    if options.json:
        rows = [{"label": _kind(label), **asdict(one)} for label, one in pairs if one.before != one.after]
        options.json.write_text(json.dumps(rows, indent=0) + "\n", encoding="utf-8")
    if options.into:
        options.into.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return int(any(not one.met for one in scores))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m laboratory.metamorphic", description=__doc__)
    parser.add_argument("--only", default="", help="runs whose name contains this text")
    parser.add_argument("--sample", type=int, default=1, metavar="N", help="every N-th run")
    parser.add_argument("--quick", action="store_true", help="without leaving out single metrics")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--into", type=Path, metavar="FILE", default=PACKAGE.parent / "docs" / "stability.md")
    return parser


def _pairs(found: Sequence[Label], *, gaps: bool) -> Iterator[tuple[Label, Changed]]:
    for count, label in enumerate(found):
        for one in changed(label.name, bundled_runs() / label.name, gaps=gaps):
            yield label, one
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{count + 1} of {len(found)}")


def _kind(label: Label) -> str:
    return "healthy" if label.healthy else "sick" if label.sick else "hidden"


if __name__ == "__main__":
    sys.exit(main())
