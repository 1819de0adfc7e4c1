"""Runs in the Parquet files of Neptune's exporter: a row per value of an attribute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rldoctor.errors import ReadError
from rldoctor.model.raw import Note, RawRun, RawSeries, RawSetting

if TYPE_CHECKING:
    from rldoctor.model.raw import FloatArray

_SERIES = "float_series"
# attribute_type -> the column of its value.
_PARAMETERS = {
    "float": "float_value",
    "int": "int_value",
    "string": "string_value",
    "bool": "bool_value",
    "string_set": "string_set_value",
}
_COLUMNS = ("run_id", "attribute_path", "attribute_type", "step", "timestamp", *_PARAMETERS.values())
_NAMES = {"sys/name": "name", "sys/description": "description", "sys/tags": "tags", "sys/failed": "failed"}
# Neptune's own: the machine, the process, the source files. ``sys/monitoring`` series are of the machine.
_OWN = ("sys/", "monitoring/", "source_code/", "runtime/")
_SOURCE = "parquet"


class Chunk(NamedTuple):
    """Rows of one attribute of one run in one file (Unix seconds), or the value of a parameter."""

    run_id: str
    path: str
    kind: str
    steps: FloatArray
    walls: FloatArray
    values: FloatArray
    parameter: object = None


def read_export(directory: Path, names: Sequence[str]) -> list[RawRun]:
    """The runs of all files together, sorted by id. Files that cannot be read are noted."""
    runs: dict[str, RawRun] = {}
    series: dict[tuple[str, str], list[Chunk]] = {}
    errors: list[ReadError] = []
    for name in names:
        try:
            chunks = list(_chunks(directory / name))
        except ReadError as error:
            errors.append(error)
            continue
        for chunk in chunks:
            run = runs.setdefault(chunk.run_id, RawRun(chunk.run_id, directory, "neptune"))
            run.files.extend([name] if name not in run.files else [])
            if chunk.kind == _SERIES:
                series.setdefault((chunk.run_id, chunk.path), []).append(chunk)
            else:
                run.settings.extend(_setting(chunk, name))
    for (run_id, path), parts in sorted(series.items()):
        if not path.startswith(_OWN):
            runs[run_id].series.append(_joined(path, parts))
    found = [run for _, run in sorted(runs.items()) if run.series]
    if not found:
        raise errors[0] if errors else ReadError(f"{directory}: a Neptune export without a series of numbers")
    found[0].notes.extend(Note("unreadable-file", str(error), "warning") for error in errors)
    return found


def _chunks(path: Path) -> Iterator[Chunk]:
    """The rows of a file, one attribute of one run after the other."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path, columns=list(_COLUMNS), partitioning=None)
        columns = (
            _floats(pc.cast(table["step"], pa.float64())),
            _floats(pc.cast(table["timestamp"], pa.int64())) / 1000.0,
            _floats(table["float_value"]),
        )
        keys = [table[name].to_pylist() for name in ("run_id", "attribute_path", "attribute_type")]
    # A damaged file raises whatever the layer below it raises.
    except Exception as error:
        raise ReadError(f"{path}: not a readable Parquet file: {str(error).partition(chr(10))[0]}") from error
    places: dict[tuple[str, str, str], list[int]] = {}
    for row, key in enumerate(zip(*keys, strict=True)):
        places.setdefault(key, []).append(row)
    for (run_id, attribute, kind), rows in places.items():
        value = _parameter(table, kind, rows[-1]) if kind in _PARAMETERS else None
        if kind == _SERIES or kind in _PARAMETERS:
            steps, walls, values = (column[rows] for column in columns)
            yield Chunk(run_id, attribute, kind, steps, walls, values, value)


def _floats(column: Any) -> FloatArray:
    return np.asarray(column.to_numpy(), dtype=np.float64)


def _parameter(table: Any, kind: str, row: int) -> object:
    value: object = table[_PARAMETERS[kind]][row].as_py()
    return value


def _setting(chunk: Chunk, name: str) -> Iterator[RawSetting]:
    if chunk.path in _NAMES:
        yield RawSetting(f"run.{_NAMES[chunk.path]}", chunk.parameter, name)
    elif not chunk.path.startswith(_OWN):
        yield RawSetting(chunk.path.replace("/", "."), chunk.parameter, name)


def _joined(path: str, parts: Sequence[Chunk]) -> RawSeries:
    steps, values, walls = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("steps", "values", "walls")
    )
    return RawSeries(path, steps, values, walls, source=_SOURCE)
