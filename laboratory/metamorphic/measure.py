"""One run, every change: what the diagnosis said before and after."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from laboratory.metamorphic.changes import of_raw, scaled, unnamed, without_metrics
from laboratory.metamorphic.formats import CONFIG, rows_of, write
from laboratory.metamorphic.numbers import numbers
from rldoctor import api
from rldoctor.errors import ReadError
from rldoctor.model.finding import Diagnosis, Severity
from rldoctor.model.raw import RawRun
from rldoctor.model.run import Run
from rldoctor.readers.discover import find_runs
from rldoctor.vocabulary.mapping import understand

FORMATS = ("csv", "jsonl", "tensorboard")
PARTS = ("rows", "noise", "scale", "formats", "gaps")
# Verdicts that tell a user the same: nothing is wrong, something is, it is broken, or nobody knows.
CLASSES = {"healthy": "well", "info": "well", "error": "broken", "critical": "broken"}


@dataclass(frozen=True, slots=True)
class Essence:
    """What counts of a diagnosis: its verdict, its errors, its first root, the class of its outcome."""

    verdict: str
    errors: tuple[str, ...]
    first: str
    outcome: str

    @property
    def kind(self) -> str:
        """The verdict, those alike under one name."""
        return CLASSES.get(self.verdict, self.verdict)


@dataclass(frozen=True, slots=True)
class Changed:
    """One change of one run."""

    run: str
    change: str
    before: Essence
    after: Essence

    @property
    def flipped(self) -> bool:
        """Whether the verdict now tells the user something else."""
        return self.before.kind != self.after.kind

    @property
    def made_healthy(self) -> bool:
        """Whether a run that was not called healthy now is."""
        return self.after.verdict == "healthy" and self.before.kind != "well"

    @property
    def new_errors(self) -> tuple[str, ...]:
        """Errors that were not there before."""
        return tuple(code for code in self.after.errors if code not in self.before.errors)


def told(diagnosis: Diagnosis) -> Essence:
    """What counts of a diagnosis."""
    errors = sorted(root.finding.code for root in diagnosis.roots if root.severity >= Severity.ERROR)
    first = next((root.finding.code for root in diagnosis.roots if root.severity > Severity.INFO), "")
    outcome = diagnosis.achieved.kind.value if diagnosis.achieved else ""
    return Essence(diagnosis.verdict, tuple(errors), first, outcome)


def diagnosed(run: Run) -> Essence:
    """What is told of a run by itself: a bundled run is part of the envelope it would be held against."""
    return told(api.diagnose(run, references=("off",)))


def raw_run(folder: Path) -> RawRun:
    """The one run of a folder; ReadError where there are more or none."""
    found = list(find_runs(folder))
    if len(found) != 1:
        raise ReadError(f"{folder}: {len(found)} runs")
    return found[0]


def changed(name: str, folder: Path, parts: Collection[str] = PARTS) -> Iterator[Changed]:
    """The changes of the run in a folder: of what was read, of the rewards' scale, of the file, and gaps."""
    raw = raw_run(folder)
    run = understand(raw)
    before = diagnosed(run)
    for change, make in of_raw().items():
        if "rows" not in parts and not ("noise" in parts and "noise" in change):
            continue
        yield Changed(name, change, before, diagnosed(understand(make(raw))))
    if "scale" in parts and run.algorithm not in numbers().scale_bound:
        alone = unnamed(run)
        first = diagnosed(alone)
        for factor in numbers().scales:
            yield Changed(name, f"rewards x {factor:g}", first, diagnosed(scaled(alone, factor)))
    if "formats" in parts and (folder / "progress.csv").is_file():
        yield from _formats(name, folder)
    for change, less in without_metrics(raw) if "gaps" in parts else ():
        yield Changed(name, change, before, diagnosed(understand(less)))


def _formats(name: str, folder: Path) -> Iterator[Changed]:
    """The table alone, written again; before: as it is, without the files that lie beside it."""
    rows = rows_of(folder)
    with tempfile.TemporaryDirectory() as made:
        plain = Path(made) / "plain" / folder.name
        plain.mkdir(parents=True)
        for file in ("progress.csv", CONFIG):
            if (folder / file).is_file():
                shutil.copy(folder / file, plain)
        before = diagnosed(understand(raw_run(plain)))
        for kind in FORMATS:
            target = Path(made) / kind / folder.name
            write(rows, kind, target)
            if (folder / CONFIG).is_file():
                shutil.copy(folder / CONFIG, target)
            yield Changed(name, f"format {kind}", before, diagnosed(understand(raw_run(target))))
