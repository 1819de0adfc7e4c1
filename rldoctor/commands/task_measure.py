"""``rldoctor task measure``: the one command that runs the user's own code, because they name it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import closing, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rldoctor.errors import RldoctorError
from rldoctor.plain_data import dataclass

if TYPE_CHECKING:
    from rldoctor.model.task import Task


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for; ``output`` and ``name`` are empty where nothing was said."""

    env: str
    output: str
    force: bool
    name: str
    episodes: int
    seed: int
    idle: int | None
    max_steps: int


def measure_task(request: Request) -> int:
    """Measure, then write or print the entry.

    Raises:
        UsageError: the environment is not known or fails, or the file has such an entry.
    """
    from rldoctor.tasks.entry import toml_of
    from rldoctor.tasks.files import SHARED_FILE, SHARED_PREFIX, prefix_for, write_entry

    path = Path(request.output) if request.output else None
    task = _measured(request, path)
    entry = toml_of(task, prefix=prefix_for(path) if path else "")
    if path is None:
        sys.stdout.write(f"# for rldoctor.toml; in {SHARED_FILE} it is [{SHARED_PREFIX}task...]\n{entry}")
        return 0
    replaced = write_entry(path, task, force=request.force)
    sys.stdout.write(f"{entry}\n{'replaced in' if replaced else 'written to'} {path}\n")
    return 0


def _measured(request: Request, path: Path | None) -> Task:
    from rldoctor.tasks.environment import make
    from rldoctor.tasks.files import free_for
    from rldoctor.tasks.measure import PlayOptions, measure

    options = PlayOptions(request.episodes, request.seed, request.max_steps, idle=request.idle)
    try:
        # What the environment prints must not stand in the entry, which may go into a file.
        with redirect_stdout(sys.stderr), closing(make(request.env)) as env:
            name = request.name or _id(request.env, env)
            # Told before minutes of play, not after them.
            if path is not None:
                free_for(path, name, force=request.force)
            return measure(name, env, options, _watched)
    except RldoctorError as error:
        _trace(error)
        raise


def _id(asked: str, env: Any) -> str:
    """The name that a run will have in its configuration: the registered id, else what was typed."""
    spec = getattr(env, "spec", None)
    return str(getattr(spec, "id", "") or asked.rpartition(":")[2])


def _watched(seeds: Iterable[int], total: int, doing: str) -> Iterable[int]:
    from rldoctor.commands.progress import watch

    return watch(seeds, total, doing)


def _trace(error: RldoctorError) -> None:
    """The traceback of the environment's own code, where debugging is on."""
    from rldoctor.commands.problems import debugging

    if debugging() and error.__cause__ is not None:
        import traceback

        traceback.print_exception(error.__cause__, file=sys.stderr)
