"""``python -m laboratory.prefixes``: cut every bundled run, and see when the right root is named for good.

Exit code 1 when a prefix of a healthy run has an error. ``--only TEXT`` takes runs whose name contains it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

from laboratory.prefixes.measure import Prefix, prefixes
from laboratory.prefixes.page import page
from laboratory.validation.cases import Label
from laboratory.validation.collect import bundled_runs, labels
from rldoctor import api


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write the page."""
    options = _parser().parse_args(arguments)
    found = [label for label in labels(bundled_runs()) if options.only in label.name]
    runs: dict[Label, list[Prefix]] = {}
    with options.json.open("w", encoding="utf-8") if options.json else nullcontext() as record:
        for label in found:
            runs[label] = list(prefixes(api.load(bundled_runs() / label.name)[0]))
            if record is not None:
                record.write(
                    json.dumps({"run": label.name, "cuts": [asdict(one) for one in runs[label]]}) + "\n"
                )
                record.flush()
    text = page(runs)
    if options.into:
        options.into.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return int(any(part.errors for label, parts in runs.items() if label.healthy for part in parts))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m laboratory.prefixes", description=__doc__)
    parser.add_argument("--only", default="", help="runs whose name contains this text")
    parser.add_argument("--json", type=Path, metavar="FILE", help="one line for each run, as it is made")
    parser.add_argument("--into", type=Path, metavar="FILE", help="the page (docs/earlier.md)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
