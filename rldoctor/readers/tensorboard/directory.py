"""The event files of one directory as raw runs, with everything that was decided on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rldoctor.errors import ReadError
from rldoctor.model.raw import Note, RawRun, RawSetting
from rldoctor.readers.tensorboard.effective import effective_series
from rldoctor.readers.tensorboard.eventfile import EventFile, read_event_file
from rldoctor.readers.tensorboard.filenotes import file_notes
from rldoctor.readers.tensorboard.runs import Group, group_files
from rldoctor.redaction import hide

FORMAT = "tensorboard"
_SHOWN_FILES = 4


def read_directory(directory: Path, names: Sequence[str]) -> list[RawRun]:
    """See :meth:`rldoctor.readers.tensorboard.reader.TensorBoardReader.read`."""
    files, notes = _open_all(directory, names)
    # A start that died before its first scalar has no steps to compare, so it takes no part in the grouping.
    with_scalars = [file for file in files if file.scalars]
    without = [file for file in files if not file.scalars]
    groups = group_files(with_scalars) or [_empty_group(without)]
    runs = [_run(directory, group, number, len(groups)) for number, group in enumerate(groups, 1)]
    for run in runs:
        run.notes += notes
        if with_scalars:
            _add_without_scalars(run, len(runs) == 1, without)
    return runs


def _open_all(directory: Path, names: Sequence[str]) -> tuple[list[EventFile], list[Note]]:
    """Every readable file, and notes about the others."""
    files: list[EventFile] = []
    notes: list[Note] = []
    for name in sorted(names):
        try:
            file = read_event_file(directory / name)
        except OSError as error:
            notes.append(Note("unreadable-file", f"{name}: {error.strerror or error}", "warning", lost=True))
            continue
        if file.is_event_file:
            files.append(file)
        else:
            what = (
                "is empty"
                if not file.size
                else f"is no event file ({file.size} bytes without a valid record)"
            )
            notes.append(Note("not-an-event-file", f"{name} {what}", "warning", lost=True))
    if not files:
        listed = "; ".join(note.text for note in notes)
        raise ReadError(
            f"{directory}: no readable TensorBoard event file ({listed})",
            hint="Check that the files were copied completely and are the ones the training run wrote.",
        )
    return files, notes


def _empty_group(files: Sequence[EventFile]) -> Group:
    """A run of files that hold no scalar at all."""
    return Group(list(files), [f"{file.path.name}: no scalars" for file in files])


def _run(directory: Path, group: Group, number: int, total: int) -> RawRun:
    """One group of files as a run."""
    # ``Path(".")`` has no name.
    name = directory.name or directory.resolve().name
    run = RawRun(name if total == 1 else f"{name}#{number}", directory, FORMAT)
    run.files = [file.path.name for file in group.files]
    run.notes += _decision_notes(group, number, total)
    for file in group.files:
        run.notes += file_notes(file)
    _add_settings(run, group.files)
    # Last: it takes the scalars out of the files, which the notes above still count.
    effective = effective_series(group.files)
    run.series = effective.series
    run.notes += effective.notes()
    if not run.series:
        run.notes.append(Note("no-scalars", "the event files hold no scalars", "warning"))
    return run


def _decision_notes(group: Group, number: int, total: int) -> Iterator[Note]:
    """What was decided about several files in one directory, and why."""
    if total > 1:
        text = f"the directory holds {total} separate runs; this is number {number} ({group.reasons[0]})"
        yield Note("separate-runs", text, "warning")
    for flag, code, level, what in (
        (group.resumed, "resumed-run", "info", "files of one resumed run"),
        (group.side_by_side, "parallel-writers", "info", "files written side by side"),
        (group.other_tags, "joined-files", "warning", "files with different tags, taken as one run"),
    ):
        if flag:
            yield Note(code, f"{len(group.files)} {what}: {'; '.join(group.reasons)}", level)


def _add_settings(run: RawRun, files: Sequence[EventFile]) -> None:
    """Settings of all files; where a later one changes a value it wins, with a note."""
    found: dict[str, RawSetting] = {setting.key: setting for setting in run.settings}
    for file in files:
        if not file.hparams and not file.texts:
            continue
        from rldoctor.readers.tensorboard.settings import settings_of_hparams, settings_of_text

        new = settings_of_hparams(file.hparams)
        for text in file.texts:
            settings, notes = settings_of_text(text)
            new += settings
            run.notes += notes
        for setting in new:
            old = found.get(setting.key)
            if old is not None and old.value != setting.value:
                before, after = (hide(one.key, one.value) for one in (old, setting))
                text_ = f"{setting.key}: {before!r} became {after!r} in {file.path.name}"
                run.notes.append(Note("setting-changed", text_))
            found[setting.key] = setting
    run.settings = list(found.values())


def _add_without_scalars(run: RawRun, only: bool, files: Sequence[EventFile]) -> None:
    """Mention files without scalars; for the ``only`` run of a directory their settings fill gaps."""
    if not files:
        return
    names = ", ".join(file.path.name for file in files[:_SHOWN_FILES])
    more = f" and {len(files) - _SHOWN_FILES} more" if len(files) > _SHOWN_FILES else ""
    text = f"{len(files)} files hold no scalars (starts that logged nothing, or text only): {names}{more}"
    run.notes.append(Note("files-without-scalars", text))
    run.notes += [note for file in files for note in file_notes(file)]
    # Of several runs nobody can tell which one these settings belong to.
    if only:
        own = {setting.key for setting in run.settings}
        spare = RawRun(run.id, run.path, run.format)
        _add_settings(spare, files)
        run.settings += [setting for setting in spare.settings if setting.key not in own]
