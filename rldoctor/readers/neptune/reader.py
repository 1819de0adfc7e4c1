"""The reader's two entry points: are these files of Neptune's exporter, and which runs do they hold."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from rldoctor.errors import MissingExtraError
from rldoctor.files import open_regular
from rldoctor.model.raw import RawRun
from rldoctor.patterns import pattern

ENDS = (".parquet",)
_MAGIC = b"PAR1"
# Names of columns, as they stand in the description of the file at its end.
_MARKS = (b"attribute_path", b"attribute_type", b"float_value")
_LARGEST_FOOTER = 1 << 20
_NAME = pattern(r"_part_\d+\.parquet$")


class NeptuneReader:
    """Reads what ``neptune-exporter export`` writes: one or more ``*_part_<n>.parquet`` per run."""

    name = "neptune"
    repository = True

    def claims(self, directory: Path, names: Sequence[str]) -> list[str]:
        """Parquet files with the exporter's columns, whose names are plain bytes: needs no ``pyarrow``.

        One without its end, where they are described, by its name: reading it says that it is broken.
        """
        return [name for name in names if name.endswith(ENDS) and _is_export(directory / name)]

    def read(self, directory: Path, names: Sequence[str]) -> list[RawRun]:
        """Every run with a series of numbers, its id Neptune's. MissingExtraError without ``pyarrow``."""
        if find_spec("pyarrow") is None:
            raise MissingExtraError(
                f"{directory}: {len(names)} Parquet files of Neptune's exporter: reading them needs pyarrow",
                hint="pip install pyarrow",
            )
        from rldoctor.readers.neptune.export import read_export

        return read_export(directory, names)


def _is_export(path: Path) -> bool:
    try:
        with open_regular(path) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - 8, 0))
            length, magic = int.from_bytes(file.read(4), "little"), file.read(4)
            if magic != _MAGIC:
                file.seek(0)
                return _NAME.search(path.name) is not None and file.read(4) == _MAGIC
            if length > min(size, _LARGEST_FOOTER):
                return False
            file.seek(size - 8 - length)
            footer = file.read(length)
    except OSError:
        return False
    return all(mark in footer for mark in _MARKS)
