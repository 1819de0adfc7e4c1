"""How the diagnosis fares on labelled runs of reinforcement learning on language models.

``python benchmarks/language_models.py [FOLDER]`` prints verdict and roots of every run beside its label. In
FOLDER stand folders that are a run, with a ``labels.json`` of their own, and folders of several, whose
``labels.json`` maps the names of the files to ``{label, final_gsm8k_accuracy}``. They are no part of this
project; by default the folder ``../shared/language_models`` beside the checkout is used.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rldoctor.api import diagnose, load
from rldoctor.errors import RldoctorError
from rldoctor.model.finding import Diagnosis, Severity

DEFAULT = Path(__file__).resolve().parents[1] / ".." / "shared" / "language_models"
# What a collapse may begin with, of which the run says itself which moved first.
FIRST = frozenset({"ENT-20", "ENT-21", "LEN-01", "GRP-01"})


@dataclass(frozen=True, slots=True)
class Line:
    """One labelled run and what was found in it."""

    name: str
    label: str
    accuracy: float | None
    diagnosis: Diagnosis | None
    error: str = ""

    @property
    def worst(self) -> Severity | None:
        """The highest severity of a root, None without one."""
        roots = self.diagnosis.roots if self.diagnosis else ()
        return max((root.severity for root in roots), default=None)


def labelled(folder: Path) -> Iterator[tuple[Path, str, float | None]]:
    """Path, label and measured accuracy of every run under ``folder``."""
    for file in sorted(folder.glob("*/labels.json")):
        found: dict[str, Any] = json.loads(file.read_text())
        if isinstance(found.get("label"), str):
            yield file.parent, found["label"], None
            continue
        for name, entry in found.items():
            yield file.parent / f"{name}.jsonl", entry["label"], entry["final_gsm8k_accuracy"]


def read(path: Path, label: str, accuracy: float | None) -> list[Line]:
    """The diagnoses of one labelled run."""
    name = path.stem if path.is_file() else path.name
    try:
        runs = load(path).runs
    except RldoctorError as error:
        return [Line(name, label, accuracy, None, str(error).partition("\n")[0])]
    return [Line(name, label, accuracy, diagnose(run)) for run in runs]


def describe(line: Line) -> str:
    """Name, label, verdict, roots with what they explain, other findings."""
    head = f"{line.name:32s} {line.label:24s} {'' if line.accuracy is None else line.accuracy!s:6s}"
    if line.diagnosis is None:
        return f"{head} NOT READ: {line.error}"
    one = line.diagnosis
    roots = " ".join(
        f"{root.finding.code}:{root.severity.label}"
        + (f"<-{'+'.join(part.code for part in root.explains)}" if root.explains else "")
        for root in one.roots
    )
    return f"{head} {one.verdict:16s} {one.run.framework}/{one.run.algorithm or '?'} {roots}"


def summary(lines: list[Line]) -> str:
    """Totals over the runs with a measured accuracy."""
    known = [line for line in lines if line.accuracy is not None]
    by_label = {
        name: [one for one in known if one.label == name] for name in ("healthy", "degraded", "collapsed")
    }
    at = {
        name: [sum(one.worst is not None and one.worst >= level for one in group) for level in Severity]
        for name, group in by_label.items()
    }
    first = sum(
        bool(one.diagnosis and one.diagnosis.roots and one.diagnosis.roots[0].finding.code in FIRST)
        for one in by_label["collapsed"]
    )
    rows = [f"{name:10s} {len(by_label[name])} runs, at or above {levels(at[name])}" for name in by_label]
    return "\n".join([*rows, f"collapsed whose first root is one of {', '.join(sorted(FIRST))}: {first}"])


def levels(counts: list[int]) -> str:
    """``info 3, warning 1, ...``."""
    return ", ".join(f"{level.label} {count}" for level, count in zip(Severity, counts, strict=True))


def main() -> int:
    """Print the table and the totals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    options = parser.parse_args()
    lines = [line for run in labelled(options.folder) for line in read(*run)]
    print("\n".join(describe(line) for line in lines))
    print("\n" + summary(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
