"""The reader's two entry points: is there an offline session of ClearML here, and what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rldoctor.errors import ReadError
from rldoctor.files import read_bytes
from rldoctor.model.raw import RawRun
from rldoctor.readers.archives import BROKEN, member, open_archive
from rldoctor.readers.isolate import read_each
from rldoctor.readers.limits import DOCUMENT_BYTES, LOG_BYTES

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
        return read_each(names, lambda name: read_session(directory, [name], _zip_texts(directory / name)))


def _is_session(path: Path) -> bool:
    try:
        with open_archive(path) as archive:
            return {TASK, METRICS} <= set(archive.namelist())
    except BROKEN:
        return False


def _file_texts(directory: Path) -> dict[str, str]:
    try:
        data = {name: read_bytes(directory / name, LOG_BYTES) for name in (TASK, METRICS)}
        return {name: part.decode("utf-8", "replace") for name, part in data.items()}
    except OSError as error:
        raise ReadError(f"{directory}: cannot be read: {error.strerror or error}") from error


def _zip_texts(path: Path) -> dict[str, str]:
    try:
        with open_archive(path) as archive:
            data = {name: member(archive, name, DOCUMENT_BYTES) for name in (TASK, METRICS)}
    except BROKEN as error:
        raise ReadError(f"{path}: a damaged offline session of ClearML: {error}") from error
    return {name: part.decode("utf-8", "replace") for name, part in data.items()}
