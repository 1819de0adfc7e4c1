"""The Parquet table: thousands of runs as pandas, DuckDB or Polars read them, without a report opened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rldoctor import __version__
from rldoctor.errors import MissingExtraError
from rldoctor.report.run_parts import ManyRuns
from rldoctor.report.table_rows import COLUMNS, NUMBER, TEXT, WHOLE, Row, by_column, failure

SCHEMA = 1
# Rows that are held at once.
_BATCH = 2000


def check_installed() -> None:
    """MissingExtraError when there is no pyarrow, before the long work."""
    _arrow()


def write_table(runs: ManyRuns, target: Path) -> None:
    """Write the table to a file that is not there yet. OSError when that fails."""
    arrow, parquet = _arrow()
    schema = _schema(arrow)
    with parquet.ParquetWriter(str(target), schema, compression="zstd") as writer:
        for batch in _batches(runs):
            writer.write_table(arrow.table(by_column(batch), schema=schema))


def _batches(runs: ManyRuns) -> Iterator[list[Row]]:
    """At least one, so that a table without runs has its columns."""
    batch: list[Row] = []
    for one in runs.each():
        batch.extend(one.rows)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    yield [*batch, *map(failure, runs.reading.failures)]


def _schema(arrow: Any) -> Any:
    kinds = {TEXT: arrow.string(), WHOLE: arrow.int64(), NUMBER: arrow.float64()}
    fields = [arrow.field(name, kinds.get(kind, arrow.bool_())) for name, kind in COLUMNS.items()]
    return arrow.schema(fields, metadata={"rldoctor": __version__, "rldoctor_schema": str(SCHEMA)})


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError(
            "-f parquet needs pyarrow, which is not installed",
            hint="pip install 'rl-training-doctor[table]' (or pyarrow); -f jsonl needs nothing",
        ) from error
    return pyarrow, pyarrow.parquet
