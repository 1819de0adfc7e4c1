"""One fault done to one log, and what came of reading it."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from laboratory.reliability.faults import RUN, Fault, FaultKind
from laboratory.reliability.formats import LogFormat
from laboratory.reliability.nobody import as_nobody
from rldoctor import api
from rldoctor.errors import ReadError
from rldoctor.plain_data import dataclass, replace
from rldoctor.readers.base import FoundRuns
from rldoctor.readers.discover import find_runs

Numbers = Counter[tuple[str, str]]
SLOW = 10.0


@dataclass(frozen=True, slots=True)
class TrialResult:
    """``lost``: fewer numbers or settings than in the good log; ``said``: something is noted as lost.

    ``wrong``: numbers or settings that the good log has not; ``seconds``: of CPU time; ``crash``: what was
    raised that is no ReadError;
    ``caught``: a parser raised, and was caught where it cost only its own file.
    ``known``: whether the format itself can tell that something is missing.
    """

    lost: int
    wrong: int
    said: bool
    seconds: float
    crash: str = ""
    caught: bool = False

    known: bool = True

    @property
    def silent(self) -> bool:
        """Whether something is missing and nothing says so."""
        return self.lost > 0 and not self.said and not self.crash

    @property
    def unsaid(self) -> bool:
        """Whether that could have been known."""
        return self.silent and self.known


def good(form: LogFormat) -> tuple[bytes, Numbers]:
    """The bytes of the file that faults are done to, and all that is in the good log."""
    with tempfile.TemporaryDirectory() as folder:
        path = form.make(_run(folder))
        return path.read_bytes(), numbers(find_runs(Path(folder)))


def tried(form: LogFormat, kind: FaultKind, fault: Fault, truth: Numbers) -> TrialResult:
    """Do the fault, read, compare."""
    with tempfile.TemporaryDirectory() as folder:
        path = form.make(_run(folder))
        done: list[bool] = []

        def once(_: str = "") -> None:
            if not done:
                done.append(True)
                fault(path)

        if not kind.while_read:
            once()
        known = form.checked and not (kind.while_read or kind.gone or (kind.cuts and not form.ends))
        known = known or kind.told or (form.closed and kind.cuts)
        read = as_nobody if kind.as_nobody else _here
        outcome = read(lambda: _outcome(Path(folder), truth, once, more=bool(kind.by_format)))
        if kind.by_format and not outcome.crash:
            outcome = _diagnosed(Path(folder), outcome)
        return replace(outcome, known=known)


def _here(work: Callable[[], TrialResult]) -> TrialResult:
    return work()


def _run(folder: str) -> Path:
    # Of this user alone otherwise, and nobody else could read a thing in it.
    Path(folder).chmod(0o755)
    run = Path(folder) / RUN
    run.mkdir()
    return run


def _outcome(
    folder: Path, truth: Numbers, meanwhile: Callable[[str], None], *, more: bool = False
) -> TrialResult:
    began = time.process_time()
    try:
        found = find_runs(folder, progress=meanwhile)
    except ReadError as error:
        text = str(error)
        # Nothing at all: an error, which nobody can overlook.
        return TrialResult(
            truth.total(), 0, True, time.process_time() - began, caught="reader failed" in text
        )
    except Exception as error:  # what this is looking for
        return TrialResult(0, 0, False, time.process_time() - began, f"{type(error).__name__}: {error}")
    seconds = time.process_time() - began
    here = numbers(found)
    if more:
        # What came on top is neither missing nor wrong.
        lost = (truth - here).total()
        said = bool(found.failures) or any(note.lost for run in found for note in run.notes)
        return TrialResult(lost, 0, said, seconds)
    wrong = (here - truth).total()
    said = bool(found.failures) or any(note.lost for run in found for note in run.notes)
    caught = any("reader failed" in one.text for one in found.failures)
    # A changed number is one that is missing and one that is wrong: it is counted as the second.
    return TrialResult(max(0, truth.total() - here.total()), wrong, said, seconds, caught=caught)


def _diagnosed(folder: Path, outcome: TrialResult) -> TrialResult:
    """The same with a crash or the time of a diagnosis of what was read."""
    began = time.process_time()
    try:
        for run in api.load(folder).runs:
            api.diagnose(run)
    except Exception as error:  # what this is looking for
        return replace(outcome, crash=f"{type(error).__name__}: {error}")
    return replace(outcome, seconds=outcome.seconds + time.process_time() - began)


def numbers(found: FoundRuns) -> Numbers:
    """Every number under its tag, every setting under its key, however the run is called."""
    made: Numbers = Counter()
    for run in found:
        for part in run.series:
            made.update((part.tag, repr(float(value))) for value in part.values)
        made.update((f"setting {one.key}", repr(one.value)) for one in run.settings)
    return made
