"""Find the runs under a path: a run directory, a tree of them, one file, an Aim repository, or a glob."""

from __future__ import annotations

import glob
import os
import stat
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rldoctor.errors import ReadError, did_you_mean
from rldoctor.files import special
from rldoctor.model.raw import Note, RawRun
from rldoctor.readers.base import Failure, FoundRuns, Reader
from rldoctor.readers.checked import check_settings
from rldoctor.readers.checkpoints import without_earlier
from rldoctor.readers.config_files.gathered import Gathered
from rldoctor.readers.configure import configure
from rldoctor.readers.registry import load_readers
from rldoctor.readers.remote.url import is_url
from rldoctor.readers.same_run import related
from rldoctor.readers.sources import TABLES, RunDirectory, claims, read_place
from rldoctor.readers.walk import regular_entries, walk
from rldoctor.redaction import hidden_text

Progress = Callable[[str], None]
_LOOKED_FOR = (
    "TensorBoard event files, runs of W&B, MLflow, trackio, Aim and other trackers, progress.csv, "
    "progress.txt, result.json, *.monitor.csv, metrics.jsonl, evaluations.npz, other *.csv, *.tsv, *.jsonl "
    "with a header and numbers, and what a training prints (*.log, *.txt, *.out)"
)
_NO_LOG = f"Expected {_LOOKED_FOR}. A configuration belongs beside its log, or to --config FILE."
_TABLES = (".csv", ".tsv")
_SHOWN = 8


def find_runs(path: Path | str, *, progress: Progress | None = None) -> FoundRuns:
    """Every run under ``path``, merged per directory, with configuration, sorted by id.

    ``-`` is standard input, a URL (``s3://...``, as text) a folder or file elsewhere. ``progress`` is called
    with each directory that is about to be read. Run ids are paths relative to ``path`` (its own name where
    it is the run). A part that cannot be read is a ``Failure`` in the result; ReadError when ``path`` is
    missing, nothing under it is a run, or no run could be read.
    """
    _forget_folders()
    readers, failures = load_readers()
    given = os.fspath(path)
    root = path if isinstance(path, Path) else Path(path)
    if given == "-":
        from rldoctor.readers.console.stdin import read_stdin

        return read_stdin(lambda file: find_runs(file, progress=progress))
    if is_url(given):
        return _remote(given, lambda copy: find_runs(copy, progress=progress))
    # A folder may be called ``PPO [seed=1]``: what exists is a path, not a pattern.
    if glob.has_magic(given) and not os.path.lexists(given):
        found, errors = _glob(readers, given, progress)
    else:
        found, errors = _one(readers, root, progress, {})
    if not found.runs:
        told = {str(error) for error in errors}
        raise _nothing(root, errors, [*failures, *(one for one in found.failures if one.text not in told)])
    found.failures = failures + found.failures
    return finished(found)


def _forget_folders() -> None:
    """A training adds to folders between two searches. Most runs never load what remembers folders."""
    loaded = sys.modules.get("rldoctor.readers.zoo_folder")
    if loaded is not None:
        loaded.forget_folders()


def finished(found: FoundRuns) -> FoundRuns:
    """The runs sorted and with ids that differ, their settings checked; no secret in what failed."""
    # Before ``_distinct`` counts equal ids, so that they are numbered the same way every time.
    found.runs.sort(key=lambda run: run.id)
    _distinct(found.runs)
    for run in found.runs:
        check_settings(run)
    found.failures = [one._replace(text=hidden_text(one.text)) for one in found.failures]
    return found


def _remote(url: str, read: Callable[[Path], FoundRuns]) -> FoundRuns:
    from rldoctor.readers.remote.copy import opened

    root, counts = opened(url)
    found = read(root)
    text = (
        f"read from {root}: {counts.fetched:,} of {counts.files:,} files were needed, {counts.bytes:,} bytes"
    )
    text += " fetched (the rest was kept from before)"
    for run in found:
        run.notes.append(Note("remote", text))
    return found


def _glob(
    readers: Sequence[Reader], pattern: str, progress: Progress | None
) -> tuple[FoundRuns, list[ReadError]]:
    """The runs of every match, ids relative to the part of the pattern before the first wildcard."""
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - also absolute patterns
    if not matches:
        raise ReadError(f"{pattern}: no file or directory matches", hint="Quote the pattern, check the path.")
    fixed = Path(pattern[: pattern.index(next(mark for mark in pattern if mark in "*?["))])
    base = fixed if pattern[: len(str(fixed)) + 1].endswith(("/", os.sep)) else fixed.parent
    found, errors = FoundRuns(), list[ReadError]()
    above: dict[Path, Gathered] = {}
    folders = {Path(match) for match in matches if os.path.isdir(match)}  # noqa: PTH112
    for match in dict.fromkeys(map(Path, matches)):
        # ``runs/**`` matches a folder and everything in it: read once, as part of the folder.
        if any(parent in folders for parent in match.parents):
            continue
        part, failed = _one(readers, match, progress, above, base)
        found.extend(part)
        errors.extend(failed)
    return found, errors


def _one(
    readers: Sequence[Reader],
    path: Path,
    progress: Progress | None,
    above: dict[Path, Gathered],
    base: Path | None = None,
) -> tuple[FoundRuns, list[ReadError]]:
    """The runs under one path; ``above`` is shared by the paths of a glob, which often have one parent."""
    failures: list[Failure] = []
    folder = is_folder(path)
    places = _tree(readers, path, progress, failures) if folder else [_file(readers, path)]
    return together(readers, places, path, above, base, failures)


def together(
    readers: Sequence[Reader],
    places: Sequence[RunDirectory],
    path: Path,
    above: dict[Path, Gathered],
    base: Path | None,
    failures: list[Failure],
) -> tuple[FoundRuns, list[ReadError]]:
    """The runs of some places below ``path``, configured, joined to their twins and named."""
    found, errors = FoundRuns(failures=failures), list[ReadError]()
    # Settings before twins: what a repository knows of a run is only added where its own files are silent.
    configure(places, lambda directory: bool(_names_claimed(readers, directory)), above)
    step(lambda: _join_twins(places), path, "runs logged twice", found.failures)
    for place in places:
        for error in place.errors:
            errors.append(error)
            found.failures.append(Failure(str(place.directory), str(error), error.hint))
        _name(place, path, base)
        found.runs.extend([*place.runs, *place.stores])
    return found, errors


def _join_twins(places: Sequence[RunDirectory]) -> None:
    if sum(len(place.runs) + len(place.stores) for place in places) > 1:
        from rldoctor.readers.twins import join_twins

        join_twins(places)


def step(what: Callable[[], object], path: Path, looked_for: str, failures: list[Failure]) -> None:
    """A step over all runs that they can do without: where it fails they are judged as they were read."""
    try:
        what()
    except Exception as error:  # one odd run must not cost the others
        text = f"{looked_for} could not be told: {type(error).__name__}: {error}"
        failures.append(Failure(str(path), text, "Please report this with the logs that cause it."))


def is_folder(path: Path) -> bool:
    """Whether a path is a folder and no file. ReadError where there is nothing, or neither of both."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise _missing(path) from None
    except (OSError, ValueError) as error:
        raise ReadError(f"{path}: cannot be read: {getattr(error, 'strerror', '') or error}") from error
    if what := special(mode):
        raise ReadError(
            f"{path}: is {what}, not a file; it was not read",
            hint="Give a file or a folder, or - for a pipe.",
        )
    return stat.S_ISDIR(mode)


def _tree(
    readers: Sequence[Reader], root: Path, progress: Progress | None, failures: list[Failure]
) -> list[RunDirectory]:
    places = read_places(readers, claimed_below(readers, root, failures), progress)
    if not places:
        from rldoctor.readers.console.find import text_places

        return text_places(root)
    step(lambda: related(places), root, "what belongs together", failures)
    return places


def claimed_below(
    readers: Sequence[Reader], root: Path, failures: list[Failure]
) -> dict[Path, dict[str, list[str]]]:
    """What each reader would read in each directory of a tree; nothing is read yet."""
    taken: dict[Path, dict[str, list[str]]] = {}

    def claimed(directory: Path, names: list[str]) -> set[str]:
        taken[directory] = claims(readers, directory, names, failures)
        return {name for part in taken[directory].values() for name in part}

    def passed(path: Path, why: str) -> None:
        failures.append(Failure(str(path), why))

    for _ in walk(root, claimed, passed):
        pass
    return {directory: part for directory, part in without_earlier(taken).items() if part}


def read_places(
    readers: Sequence[Reader], taken: Mapping[Path, dict[str, list[str]]], progress: Progress | None
) -> list[RunDirectory]:
    """Every one of these directories, read."""
    places = []
    for directory, part in taken.items():
        if progress is not None:
            progress(str(directory))
        places.append(read_place(readers, directory, part))
    return places


def _file(readers: Sequence[Reader], path: Path) -> RunDirectory:
    """One file; what no reader claims is a table or console text, whichever gives more numbers."""
    taken = claims(readers, path.parent, [path.name])
    place = read_place(readers, path.parent, taken or {TABLES: [path.name]})
    if taken and (place.runs or place.stores):
        return place
    from rldoctor.readers.console.find import SUMMARY, text_place

    text = text_place(path)
    if text is not None and (path.name == SUMMARY or _numbers(text) > _numbers(place)):
        return text
    # Neither: reading it as a table says best what is wrong with it.
    return place if taken else _no_table(place, path)


def _numbers(place: RunDirectory) -> int:
    return sum(part.values.size for run in place.runs for part in run.series)


def _no_table(place: RunDirectory, path: Path) -> RunDirectory:
    if path.suffix not in _TABLES and not any(run.series for run in place.runs):
        # One line of text reads as a header without rows, which would be a run of nothing.
        place.runs = []
        place.errors = place.errors or [ReadError(f"{path}: not a log: no row of numbers", hint=_NO_LOG)]
    return place


def _names_claimed(readers: Sequence[Reader], directory: Path) -> dict[str, list[str]]:
    return claims(readers, directory, regular_entries(directory))


def _entries(directory: Path) -> list[str]:
    """Sorted names of what stands in a folder; none where it is no folder or may not be listed."""
    try:
        return sorted(os.listdir(directory))  # noqa: PTH208 - names only
    except OSError:
        return []


def _name(place: RunDirectory, root: Path, base: Path | None) -> None:
    """Ids relative to the root (or ``base``): the directory, and the local id where it holds several."""
    if not os.path.isdir(root):  # noqa: PTH112
        shown = str(root.relative_to(base)) if base is not None else root.name
    else:
        below = place.directory.relative_to(base if base is not None else root)
        shown = below.as_posix() if below.parts else ""
    several = len(place.runs) + len(place.stores) > 1
    for run in (*place.runs, *place.stores):
        # The only run of a folder is called like the folder; one of a repository keeps the hash Aim gave it.
        local = run.id if several or place.stores else ""
        run.id = _joined(shown, local, place.directory.absolute().name) or root.absolute().name


def _joined(shown: str, local: str, folder: str) -> str:
    """``dir/local``; a local id that repeats the folder (``PPO_0#2`` in ``PPO_0``) is not doubled."""
    if shown and local.startswith(f"{folder}#"):
        return shown + local.removeprefix(folder)
    return "/".join(part for part in (shown, local) if part)


def _distinct(runs: Sequence[RawRun]) -> None:
    seen: Counter[str] = Counter()
    for run in runs:
        seen[run.id] += 1
        if seen[run.id] > 1:
            run.id = f"{run.id}#{seen[run.id]}"


def _missing(path: Path) -> ReadError:
    parent = path.parent
    if not parent.is_dir():
        return ReadError(f"{path}: no such file or directory", hint=f"{parent} does not exist either.")
    siblings = _entries(parent)
    suggestion = did_you_mean(path.name, siblings)
    return ReadError(
        f"{path}: no such file or directory{suggestion}", hint=f"{parent} holds: {_listed(siblings)}"
    )


def _nothing(path: Path, errors: Sequence[ReadError], failures: Sequence[Failure]) -> ReadError:
    """The error when there is no run: the one cause, the list of causes, or what was looked for."""
    from rldoctor.readers.identify import identified  # nothing is read any more

    found = identified(path) if path.is_file() or not errors else None
    if found is not None and path.is_file():
        return ReadError(f"{path}: {found.text}", hint=found.hint)
    if len(errors) == 1:
        return errors[0]
    if errors:
        lines = "\n".join(f"  {error}" for error in errors[:_SHOWN])
        return ReadError(f"{path}: none of {len(errors)} logs could be read:\n{lines}", hint=errors[0].hint)
    names = _entries(path)
    broken = f" ({'; '.join(map(str, failures))})" if failures else ""
    if found is not None:
        text = f"{path}: no training run found: {found.text}. Found: {_listed(names)}{broken}"
        return ReadError(text, hint=found.hint)
    return ReadError(
        f"{path}: no training run found. Looked for {_LOOKED_FOR}{broken}. Found: {_listed(names)}",
        hint="Give the directory the trainer logged into, or the log file itself.",
    )


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "nothing"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
