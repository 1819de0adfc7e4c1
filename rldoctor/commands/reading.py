"""Reading the paths the user named; what cannot be read is told and does not stop the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from rldoctor.commands.options import Options
from rldoctor.commands.problems import tell, tell_error, tell_unexpected
from rldoctor.commands.progress import reading
from rldoctor.errors import RldoctorError, UsageError
from rldoctor.model.run import Run
from rldoctor.plain_data import dataclass

MAX_FAILURES = 10


@dataclass(slots=True)
class Loaded:
    """The runs of all paths; ``unread``: paths of the command line that gave no run at all."""

    runs: list[Run] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    unread: int = 0


def read_all(paths: Sequence[str], options: Options) -> Loaded:
    """Every run under the paths. UsageError for a wrong option; anything else only counts as unread."""
    arguments = options.load_arguments()
    loaded = Loaded()
    with reading() as progress:
        problems = [problem for path in paths if (problem := _read(path, arguments, progress, loaded))]
    for problem in problems:
        if isinstance(problem, RldoctorError):
            tell_error(problem)
        else:
            tell_unexpected(problem, "reading")
    tell_failures(loaded.failures)
    return loaded


def _read(path: str, arguments: dict[str, object], progress: object, loaded: Loaded) -> Exception | None:
    from rldoctor import api

    try:
        result = api.load(path, **arguments, progress=progress)  # type: ignore[arg-type]
    except UsageError:
        raise
    except Exception as error:  # one bad path must not hide the others; told by the caller
        loaded.unread += 1
        return error
    loaded.runs.extend(result.runs)
    loaded.failures.extend(result.failures)
    if not result.runs:
        loaded.unread += 1
        return RldoctorError(
            f"no readable run under {path}", hint="see what was found: rldoctor inspect PATH"
        )
    return None


def tell_failures(failures: Sequence[str]) -> None:
    """One warning line for each part that could not be read."""
    for text in failures[:MAX_FAILURES]:
        tell(text, label="warning")
    if len(failures) > MAX_FAILURES:
        tell(f"and {len(failures) - MAX_FAILURES} more parts that could not be read", label="warning")
