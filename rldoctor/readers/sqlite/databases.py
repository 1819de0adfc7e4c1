"""Which tracker a database belongs to, and its runs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from rldoctor.errors import ReadError
from rldoctor.model.raw import RawRun
from rldoctor.readers.sqlite.mlflow_tables import read_mlflow
from rldoctor.readers.sqlite.opened import Database, opened
from rldoctor.readers.sqlite.trackio_tables import read_trackio

MLFLOW, TRACKIO = "mlflow", "trackio"
# Nobody can say whose it is, which may have been one with runs.
DAMAGED = "damaged"
# table -> columns by which each is told.
_MARKS = {
    MLFLOW: {"metrics": {"key", "value", "step", "run_uuid"}, "runs": {"run_uuid"}},
    TRACKIO: {"metrics": {"run_name", "step", "metrics"}},
}
_READ = {MLFLOW: read_mlflow, TRACKIO: read_trackio}
# The names these databases usually have: one of them that cannot be read is said, not passed over.
_USUAL = {"mlflow.db": MLFLOW}


def kind_of(path: Path) -> str:
    """``mlflow``, ``trackio``, ``damaged``, or ``""`` for the database of anything else."""
    try:
        with opened(path) as database:
            return _kind(database) or _USUAL.get(path.name, "") or (DAMAGED if database.damaged else "")
    except ReadError:
        return _USUAL.get(path.name, "")


def _kind(database: Database) -> str:
    tables = {name: set(columns) for name, columns in database.tables().items()}
    for kind, marks in _MARKS.items():
        if all(columns <= tables.get(table, set()) for table, columns in marks.items()):
            return kind
    return ""


def read_database(path: Path) -> list[RawRun]:
    """The runs of a database that have a metric. ReadError when there is none, or it cannot be read."""
    with opened(path) as database:
        kind = _kind(database)
        if not kind:
            raise ReadError(
                f"{path}: a damaged database: its tables cannot be read",
                hint="sqlite3 FILE .recover may save some of it into a new file.",
            )
        runs = _READ[kind](database, path)
    if not runs:
        raise ReadError(f"{path}: a database of {kind} in which no run has a metric")
    _name(runs)
    for run in runs:
        run.path, run.files = path.parent, [path.name]
        run.notes[:0] = database.notes
    return runs


def _name(runs: list[RawRun]) -> None:
    """Ids are names as long as these tell the runs apart, else the start of the tracker's id is added."""
    names = {id(run): _setting(run, "run.name").replace("/", "_") for run in runs}
    counts = Counter(names.values())
    for run in runs:
        name, own = names[id(run)], _setting(run, "run.id")[:8]
        run.id = name if name and counts[name] == 1 else f"{name}-{own}".strip("-")


def _setting(run: RawRun, key: str) -> str:
    return next((str(one.value) for one in run.settings if one.key == key), "")
