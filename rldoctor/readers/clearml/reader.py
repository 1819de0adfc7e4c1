"""The reader's two entry points: is there an offline session of ClearML here, and what is in it."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

from rldoctor.errors import ReadError
from rldoctor.model.raw import RawRun

TASK, METRICS = "task.json", "metrics.jsonl"
_ZIP = ("offline-", ".zip")


class ClearmlReader:
    """Reads ``task.json`` and ``metrics.jsonl`` of an offline session, from its folder or from its zip."""

    name = "clearml"
    repository = True

    def claims(self, directory: Path, names: Sequence[str]) -> list[str]:
        """The two files of a session folder; else ``offline-*.zip`` whose folder is not there."""
        if TASK in names and METRICS in names:
            return [METRICS, TASK]
        zips = [name for name in names if name.startswith(_ZIP[0]) and name.endswith(_ZIP[1])]
        return [
            name for name in zips if name.removesuffix(_ZIP[1]) not in names and _is_session(directory / name)
        ]

    def read(self, directory: Path, names: Sequence[str]) -> list[RawRun]:
        """The run of every session, its id ClearML's name of the task. ReadError when none has a scalar."""
        from rldoctor.readers.clearml.session import read_session

        if METRICS in names:
            return [read_session(directory, names, _file_texts(directory))]
        runs: list[RawRun] = []
        errors: list[ReadError] = []
        for name in names:
            try:
                runs.append(read_session(directory, [name], _zip_texts(directory / name)))
            except ReadError as error:
                errors.append(error)
        if not runs:
            raise errors[0]
        return runs


def _is_session(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return {TASK, METRICS} <= set(archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def _file_texts(directory: Path) -> dict[str, str]:
    try:
        return {name: (directory / name).read_bytes().decode("utf-8", "replace") for name in (TASK, METRICS)}
    except OSError as error:
        raise ReadError(f"{directory}: cannot be read: {error.strerror or error}") from error


def _zip_texts(path: Path) -> dict[str, str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name).decode("utf-8", "replace") for name in (TASK, METRICS)}
    # ``zipfile`` raises RuntimeError for an archive that is encrypted.
    except (OSError, RuntimeError, zipfile.BadZipFile, ValueError) as error:
        raise ReadError(f"{path}: a damaged offline session of ClearML: {error}") from error
