"""``python -m laboratory.metamorphic``: change every bundled run and see whether the diagnosis stays.

Prints the page (``--into docs/stability.md``) and writes, with ``--json``, every pair of diagnoses. Exit
code 1 when a criterion is not met. ``--only TEXT`` takes the runs whose name contains it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from laboratory.metamorphic.measure import PARTS, Changed, Essence, changed
from laboratory.metamorphic.page import page
from laboratory.metamorphic.score import Pair, score
from laboratory.validation.cases import Label
from laboratory.validation.collect import bundled_runs, labels


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the page."""
    options = _parser().parse_args(arguments)
    found = [label for label in labels(bundled_runs()) if options.only in label.name][:: options.sample]
    if options.record:
        pairs = list(_recorded(options.record))
        return _told(pairs, options.into)
    with options.json.open("w", encoding="utf-8") if options.json else nullcontext() as record:
        pairs = list(_pairs(found, options.parts, record))
    return _told(pairs, options.into)


def _told(pairs: Sequence[Pair], into: Path | None) -> int:
    scores = score(pairs)
    text = page(scores, len({label.name for label, _ in pairs}))
    if into:
        into.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return int(any(not one.met for one in scores))


def _recorded(files: Sequence[Path]) -> Iterator[Pair]:
    """The pairs of earlier runs of this command; of one change of one run the last counts."""
    known = {label.name: label for label in labels(bundled_runs())}
    found: dict[tuple[str, str], Changed] = {}
    for line in (line for file in files for line in file.read_text(encoding="utf-8").splitlines()):
        data = json.loads(line)
        before, after = (
            Essence(**{**data[name], "errors": tuple(data[name]["errors"])}) for name in ("before", "after")
        )
        found[data["run"], data["change"]] = Changed(data["run"], data["change"], before, after)
    return ((known[name], one) for (name, _), one in found.items())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m laboratory.metamorphic", description=__doc__)
    parser.add_argument("--only", default="", help="runs whose name contains this text")
    parser.add_argument("--sample", type=int, default=1, metavar="N", help="every N-th run")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="one line for each pair, as it is made")
    parser.add_argument(
        "--from", dest="record", nargs="+", type=Path, metavar="FILE", help="measure nothing: pairs of --json"
    )
    parser.add_argument("--into", type=Path, metavar="FILE", help="the page (docs/stability.md)")
    return parser


def _pairs(
    found: Sequence[Label], parts: Sequence[str], record: TextIO | None
) -> Iterator[tuple[Label, Changed]]:
    for label in found:
        for one in changed(label.name, bundled_runs() / label.name, parts):
            if record is not None:
                record.write(json.dumps({"label": _kind(label), **asdict(one)}) + "\n")
                record.flush()
            yield label, one


def _kind(label: Label) -> str:
    return "healthy" if label.healthy else "sick" if label.sick else "hidden"


if __name__ == "__main__":
    sys.exit(main())
