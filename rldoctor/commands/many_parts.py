"""Which parts the paths of a call have, and what became of each path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from rldoctor.commands.options import Options
from rldoctor.commands.problems import tell_error, tell_unexpected
from rldoctor.errors import RldoctorError, UsageError
from rldoctor.plain_data import dataclass
from rldoctor.readers.run_folders import RunFolders, run_folders
from rldoctor.redaction import hidden_text

if TYPE_CHECKING:
    from rldoctor.many.spool import KeptRun


@dataclass(slots=True)
class PathRuns:
    """A path of the command line: its parts, the runs of each of them, and what was lost."""

    path: str
    parts: list[RunFolders] = field(default_factory=list)
    kept: list[list[KeptRun]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    problem: Exception | None = None

    def runs(self) -> list[KeptRun]:
        """The runs as reading the path at once would give them: by id, ids that repeat numbered."""
        found = sorted((one for part in self.kept for one in part), key=lambda one: one.about.id)
        seen: dict[str, int] = {}
        for one in found:
            name = one.about.id
            seen[name] = seen.get(name, 0) + 1
            if seen[name] > 1:
                one.about.id = f"{name}#{seen[name]}"
        return found


def planned(paths: Iterable[str]) -> list[PathRuns]:
    """The parts of each path; nothing is read yet. UsageError as reading would raise it."""
    return [_planned(path) for path in paths]


def _planned(path: str) -> PathRuns:
    try:
        parts, failures = run_folders(path)
    except UsageError:
        raise
    except Exception as error:  # one bad path must not hide the others
        return PathRuns(path, problem=error)
    return PathRuns(path, parts, [[] for _ in parts], [str(one) for one in failures])


def numbered(paths: Sequence[PathRuns]) -> Iterator[tuple[PathRuns, int]]:
    """Every part: its path, and its place among the parts of it."""
    return ((one, place) for one in paths for place in range(len(one.parts)))


def unread(paths: Sequence[PathRuns], options: Options) -> list[str]:
    """Why paths gave no run at all, which is told."""
    found = []
    for one in paths:
        error = one.problem or (None if any(one.kept) else _why(one, options))
        if error is None:
            continue
        found.append(hidden_text(str(error)) or f"{one.path}: {type(error).__name__}")
        # What failed is what the error says.
        one.failures = [text for text in one.failures if text not in found[-1]]
        if isinstance(error, RldoctorError):
            tell_error(error)
        else:
            tell_unexpected(error, "reading")
    return found


def _why(one: PathRuns, options: Options) -> Exception:
    """What reading the path at once says where nothing in it could be read."""
    from rldoctor import api

    try:
        api.load(one.path, **options.load_arguments())
    except Exception as error:
        return error
    hint = "see what was found: rldoctor inspect PATH"
    return RldoctorError(f"no run under {one.path} could be judged", hint=hint)
