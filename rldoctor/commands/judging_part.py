"""A part of many runs read and judged, in whichever process or machine: its result goes back as bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from rldoctor import api
from rldoctor.commands import gate
from rldoctor.errors import ReadError, RldoctorError, RuleError, UsageError
from rldoctor.loading import LoadResult, load_part
from rldoctor.many.results import PartResult, RunResult, packed
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run
from rldoctor.plain_data import dataclass, replace
from rldoctor.readers.run_folders import RunFolders
from rldoctor.report.run_parts import run_parts

if TYPE_CHECKING:
    from rldoctor.model.finding import Diagnosis
    from rldoctor.readers.config_files.gathered import Gathered


@dataclass(slots=True)
class JudgePart:
    """Reads a part, judges its runs, and makes of each what ``formats`` need; without any, its diagnosis.

    ``above``: what was found in folders above, which the parts of a path share.
    """

    asked: gate.Gate
    formats: tuple[str, ...] = ()
    above: dict[Path, Gathered] = field(default_factory=dict)

    def __call__(self, part: RunFolders, skip: frozenset[str], say: Callable[[str], None]) -> bytes:
        """The packed :class:`PartResult`. UsageError and RuleError, which no other part would do without."""
        loaded = self._read(part)
        made = PartResult(failures=list(loaded.failures))
        for run in loaded.runs:
            name = name_of(run, loaded.runs)
            if name not in skip:
                say(name)
                self._judge(run, made)
        return packed(made, text=False)

    def _read(self, part: RunFolders) -> LoadResult:
        try:
            return load_part(part, self.above, **self.asked.options.load_arguments())
        except (UsageError, RuleError):
            raise
        except ReadError as error:
            return LoadResult((), (str(error),))
        except Exception as error:  # one bad part must not hide the others
            return LoadResult((), (f"{part.shown}: {type(error).__name__}: {error}",))

    def _judge(self, run: Run, made: PartResult) -> None:
        options = self.asked.options.for_run(run)
        try:
            found = api.diagnose(run, **options.rule_arguments())
            if self.formats:
                (found,) = gate.judged(self.asked, [found])
            made.runs.append(self._result(run, found))
        except RldoctorError:
            raise
        except Exception as error:  # the other runs are still worth reporting
            made.broken.append(f"{run.path}: could not be diagnosed: {type(error).__name__}")
            made.crashes.append(f"{type(error).__name__}: {error}")

    def _result(self, run: Run, found: Diagnosis) -> RunResult:
        made = RunResult(found.run.id, found.run.path, found.run.files, notes=len(run.notes))
        made.lost = sum(note.lost for note in found.run.notes)
        made.run = packed(_bare(run), text=False)
        if not self.formats:
            made.whole = packed(found)
            return made
        parts = run_parts(found, self.formats, strict=self.asked.options.strict)
        made.parts, made.counts = packed(parts), dict(parts.counts or {})
        if found.gate is not None:
            made.fails, made.covered = found.gate.fails, found.gate.covered
        return made


def name_of(run: Run, runs: Sequence[Run]) -> str:
    """What tells a run from the others of its part."""
    alone = [one.path for one in runs].count(run.path) == 1
    return str(run.path) if alone else f"{run.path} ({run.id})"


def _bare(run: Run) -> Run:
    """What two runs are compared by to see whether they are twins."""
    series = {name: replace(one, wall=None) for name, one in run.metrics.series.items()}
    return replace(run, metrics=MetricFrame(series), notes=(), log_hints={})


def quietly(_: str) -> None:
    """For a process that nobody waits for."""
