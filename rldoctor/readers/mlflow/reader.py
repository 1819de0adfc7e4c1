"""The reader's two entry points: is this directory a run of MLflow's file store, and what is in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from rldoctor.files import read_start
from rldoctor.model.raw import RawRun
from rldoctor.patterns import pattern
from rldoctor.readers.mlflow.points import META, METRICS

_PARENT = "tags/mlflow.parentRunId"
# The parts of a run that are read; ``artifacts`` is searched as any folder is.
_PARTS = ("metrics", "params", "tags", "inputs", "outputs")
_RUN = pattern(r"^(?:run_id|run_uuid): *'?(\w+)", re.MULTILINE)
_DELETED = pattern(r"^lifecycle_stage: *'?deleted", re.MULTILINE)


class MlflowReader:
    """Reads run folders of ``mlruns``. A database (``mlflow.db``) is read by the sqlite reader."""

    name = "mlflow"
    repository = True

    def claims(self, directory: Path, names: Sequence[str]) -> list[str]:
        """``meta.yaml`` of a run and the folders of its parts.

        Not of an experiment, of a run that was deleted in MLflow, nor of the parent of nested runs that has
        no metric of its own.
        """
        if META not in names:
            return []
        text = _start(directory / META)
        run = _RUN.search(text)
        if run is None or _DELETED.search(text) or _only_parent(directory, names, run.group(1)):
            return []
        return [META, *(name for name in _PARTS if name in names and (directory / name).is_dir())]

    def read(self, directory: Path, names: Sequence[str]) -> list[RawRun]:
        """The run, its id MLflow's name for it. Damaged lines are noted; ReadError when no point is left."""
        from rldoctor.readers.mlflow.run_folder import read_run_folder

        return [read_run_folder(directory)]


def _start(path: Path) -> str:
    try:
        return read_start(path, 4096).decode("utf-8", "replace")
    except OSError:
        return ""


def _only_parent(directory: Path, names: Sequence[str], run_id: str) -> bool:
    """Whether a run has no metric and other runs of its experiment name it as their parent."""
    try:
        if METRICS in names and any((directory / METRICS).iterdir()):
            return False
        return any(_start(path) == run_id for path in directory.absolute().parent.glob(f"*/{_PARENT}"))
    except OSError:
        return False
