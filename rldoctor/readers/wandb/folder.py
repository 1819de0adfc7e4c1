"""The folders around W&B's logs: several runs in one, ``files/config.yaml``, a history that is not there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rldoctor.errors import ReadError
from rldoctor.model.raw import Note, RawRun
from rldoctor.patterns import pattern
from rldoctor.readers.config_files.read import read_config_file
from rldoctor.readers.console.runs import read_console
from rldoctor.readers.isolate import read_each
from rldoctor.readers.wandb.binary import read_binary

_CONFIG = ("files/config.yaml", "config.yaml")
_SUMMARY, _OUTPUT = "wandb-summary.json", "output.log"
_RUN_FOLDER = pattern(r"^(?:offline-)?run-\d{8}_\d{6}-(\w+)$")


def read_folder(directory: Path, names: Sequence[str]) -> list[RawRun]:
    """See :meth:`rldoctor.readers.wandb.reader.WandbReader.read`."""
    return read_each(names, lambda name: _read(directory, name))


def _read(directory: Path, name: str) -> RawRun:
    run = read_binary(directory / name)
    run.id = _shown(run, name)
    _add_config(run, directory)
    return run


def _shown(run: RawRun, file: str) -> str:
    """What a run is called: its name on W&B, else its id there."""
    found = {setting.key: str(setting.value) for setting in run.settings if setting.key.startswith("run.")}
    return (found.get("run.name") or found.get("run.id") or file).replace("/", "_")


def _add_config(run: RawRun, directory: Path) -> None:
    """What ``files/config.yaml`` has and the log has not (or has lost)."""
    known = {setting.key for setting in run.settings}
    for name in _CONFIG:
        if not (directory / name).is_file():
            continue
        try:
            found = read_config_file(directory / name, name=name)
        except ReadError as error:
            run.notes.append(Note("broken-config", str(error), "warning"))
            continue
        fresh = (setting for setting in found if setting.key not in known)
        run.settings.extend(setting for setting in fresh if not setting.key.startswith("_wandb"))
        run.files.append(name)
        return


def read_remains(directory: Path, names: Sequence[str]) -> RawRun:
    """What a run left beside its history: printed rows, else last values. ReadError when there is neither."""
    run_id = _run_id(directory)
    hint = export_hint(run_id)
    for name in (_OUTPUT, _SUMMARY):
        if name not in names:
            continue
        try:
            run = read_console(directory, name)[0]
        except ReadError:
            continue
        text = f"The history of this W&B run is not in the folder, only {name} is. {hint}"
        run.notes.append(Note("wandb-no-history", text, "warning"))
        run.id, run.format = "", f"wandb ({name})"
        _add_config(run, directory)
        return run
    text = f"{directory}: files of a W&B run whose history is on W&B's server, not in this folder"
    raise ReadError(text, hint=hint)


def _run_id(directory: Path) -> str:
    folder = directory.absolute()
    for one in (folder, folder.parent):
        if match := _RUN_FOLDER.match(one.name):
            return match.group(1)
    return "RUN_ID"


def export_hint(run_id: str) -> str:
    """How to get the history of a run from W&B's server, as lines that can be run."""
    return (
        "Export it where you are logged in to W&B, with ENTITY and PROJECT of the run's page: "
        'python -c "import json, wandb; [print(json.dumps(row)) for row in '
        f"wandb.Api().run('ENTITY/PROJECT/{run_id}').scan_history()]\" > wandb-history.jsonl"
    )
