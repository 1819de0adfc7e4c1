"""Unread the paths the user named; what cannot be read is told and does not stop the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from rldoctor.commands.options import Options
from rldoctor.commands.problems import tell, tell_error, tell_unexpected
from rldoctor.commands.progress import reading
from rldoctor.errors import RldoctorError, UsageError
from rldoctor.model.reading import Unread
from rldoctor.model.run import Run
from rldoctor.plain_data import dataclass
from rldoctor.redaction import hidden_text

MAX_FAILURES = 10


@dataclass(slots=True)
class Loaded:
    """The runs of all paths; ``unread``: why paths of the command line gave no run at all."""

    runs: list[Run] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def reading(self, *more: str, strict: bool) -> Unread:
        """What could not be read, for the reports."""
        return Unread((*self.unread, *self.failures, *more), strict)


def read_all(paths: Sequence[str], options: Options, *, told_later: bool = False) -> Loaded:
    """Every run under the paths. UsageError for a wrong option; anything else only counts as unread.

    ``told_later``: parts that could not be read are not told here, as a report does that.
    """
    arguments = options.load_arguments()
    loaded = Loaded()
    with reading() as progress:
        problems = [problem for path in paths if (problem := _read(path, arguments, progress, loaded))]
    for problem in problems:
        if isinstance(problem, RldoctorError):
            tell_error(problem)
        else:
            tell_unexpected(problem, "reading")
    if not told_later:
        tell_failures(loaded.failures)
    return loaded


def _read(path: str, arguments: dict[str, object], progress: object, loaded: Loaded) -> Exception | None:
    from rldoctor import api

    try:
        result = api.load(path, **arguments, progress=progress)  # type: ignore[arg-type]
    except UsageError:
        raise
    except Exception as error:  # one bad path must not hide the others; told by the caller
        loaded.unread.append(hidden_text(str(error)) or f"{path}: {type(error).__name__}")
        return error
    loaded.runs.extend(result.runs)
    loaded.failures.extend(result.failures)
    if not result.runs:
        loaded.unread.append(f"no readable run under {path}")
        return RldoctorError(loaded.unread[-1], hint="see what was found: rldoctor inspect PATH")
    return None


def losses(runs: Sequence[Run], reading: Unread) -> int:
    """How much could not be read, of runs and beside them."""
    return len(reading.failures) + sum(note.lost for run in runs for note in run.notes)


def too_much_lost(runs: Sequence[Run], reading: Unread) -> bool:
    """Whether ``--strict`` fails; then it is said."""
    return strict_fails(losses(runs, reading) if reading.strict else 0)


def strict_fails(count: int) -> bool:
    """Whether there are losses, which is then said."""
    if count:
        tell(f"--strict: {count} {'loss' if count == 1 else 'losses'} in what was read, named in the report")
    return count > 0


def tell_failures(failures: Sequence[str]) -> None:
    """One warning line for each part that could not be read."""
    for text in failures[:MAX_FAILURES]:
        tell(text, label="warning")
    if len(failures) > MAX_FAILURES:
        tell(f"and {len(failures) - MAX_FAILURES} more parts that could not be read", label="warning")
