"""Configuration files given to the runs they belong to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from rldoctor.model.raw import Note, RawRun, RawSetting
from rldoctor.readers.config_files.gathered import Gathered, gather
from rldoctor.readers.sources import RunDirectory
from rldoctor.readers.walk import SUMMARIES, regular_entries

_BEHAVIORS = "behaviors."


def configure(
    places: Sequence[RunDirectory], has_runs: Callable[[Path], bool], above: dict[Path, Gathered]
) -> None:
    """Add the settings of the files beside every run, or of its parent directory when that is unambiguous.

    ``has_runs`` tells whether a directory holds logs: with several such folders a parent is
    shared by them, so its configuration is applied to none (but ML-Agents' ``configuration.yaml``, which
    names its behaviours). ``above`` keeps what was found in parents, for the calls of one search.
    """
    for place in places:
        if place.runs:
            found = _found(place, has_runs, above)
            for run in place.runs:
                _give(run, found, place.directory.name)


def _found(place: RunDirectory, has_runs: Callable[[Path], bool], above: dict[Path, Gathered]) -> Gathered:
    """What belongs to one place; a note where looking for it failed."""
    try:
        found = gather(place.directory)
        if not found.files and place.directory.parent.name == SUMMARIES:
            # Sample Factory: <run>/config.json, <run>/.summary/0/events...
            found = _joined(found, gather(place.directory.parent.parent, shown="../../"))
        if not found.files:
            found = _joined(found, _above(place, has_runs, above))
        if found.files:
            return found
        from rldoctor.readers.zoo_folder import zoo_settings

        return _joined(found, zoo_settings(place.directory))
    except Exception as error:  # the run is judged without
        text = f"configuration could not be looked for: {type(error).__name__}: {error}"
        return Gathered(notes=[Note("broken-config", text, "warning", lost=True)])


def _joined(own: Gathered, above: Gathered) -> Gathered:
    """What is above, with what was wrong with the run's own files."""
    return Gathered(above.settings, [*own.notes, *above.notes], above.files) if own.notes else above


def _above(place: RunDirectory, has_runs: Callable[[Path], bool], above: dict[Path, Gathered]) -> Gathered:
    """What the parent gives, looked up once for all its folders.

    Looking costs a few system calls per sibling, so looking again for each sibling would be quadratic: with
    500 runs side by side that was half a million calls and two thirds of the whole search.
    """
    parent = place.directory.absolute().parent
    if parent not in above:
        above[parent] = _of_parent(parent, has_runs)
    return above[parent]


def _of_parent(parent: Path, has_runs: Callable[[Path], bool]) -> Gathered:
    found = gather(parent, shown="../")
    if not found.files and not found.notes:
        return found
    # The folder above is a run itself, and its configuration is that run's.
    if has_runs(parent):
        return Gathered()
    # Folders without a log (plots, checkpoints) do not make it ambiguous.
    siblings = [
        path for name in regular_entries(parent) if (path := parent / name).is_dir() and has_runs(path)
    ]
    if len(siblings) <= 1 or _behaviors(found.settings):
        if found.files:
            text = f"settings of {', '.join(found.files)} (the folder above) are taken to be this run's"
            found.notes.append(Note("config-above", text))
        return found
    text = f"{', '.join(found.files)}: {len(siblings)} folders with runs share it, not applied"
    return Gathered(notes=[Note("config-ambiguous", text)])


def _behaviors(settings: Sequence[RawSetting]) -> set[str]:
    """ML-Agents behaviour names a configuration has sections for."""
    keys = [setting.key for setting in settings if setting.key.startswith(_BEHAVIORS)]
    return {key.split(".")[1] for key in keys}


def _give(run: RawRun, found: Gathered, folder: str) -> None:
    """Add settings; of ML-Agents' sections only the one of this folder's behaviour, when there is one."""
    # Two behaviours in one file: the learning rate of the other one would contradict this run's own.
    own = folder if folder in _behaviors(found.settings) else ""
    for setting in found.settings:
        section = setting.key.split(".")[1] if setting.key.startswith(_BEHAVIORS) else ""
        if not own or not section or section == own:
            run.settings.append(setting)
    run.notes.extend(found.notes)
    run.files.extend(name for name in found.files if name not in run.files)
