"""The reader's two entry points: is there a W&B run here, and what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rldoctor.model.raw import RawRun

SUFFIX = ".wandb"
METADATA, SUMMARY, OUTPUT = "wandb-metadata.json", "wandb-summary.json", "output.log"
# A log beside these is the history, and is read by its own reader.
_TABLES = (".csv", ".tsv", ".jsonl")


class WandbReader:
    """Reads ``*.wandb`` logs (offline runs, and what an online run leaves on the machine). Never writes."""

    name = "wandb"
    # Its runs mirror runs that may also be logged elsewhere in the tree.
    repository = True

    def claims(self, directory: Path, names: Sequence[str]) -> list[str]:
        """Every ``*.wandb`` file; without one, the remains of a run whose history is on W&B's server."""
        binary = [name for name in names if name.endswith(SUFFIX) and not (directory / name).is_dir()]
        return binary or _remains(directory, names)

    def read(self, directory: Path, names: Sequence[str]) -> list[RawRun]:
        """One run per ``.wandb`` file, its id the run's name on W&B.

        The history is on the row axis with ``_step``, ``_runtime``, ``_timestamp`` among the columns. Nested
        names are joined by dots. Damage becomes notes. ReadError when no file has a record, or where the
        history is not on this machine: the hint says how to export it.
        """
        from rldoctor.readers.wandb.folder import read_folder, read_remains

        binary = [name for name in names if name.endswith(SUFFIX)]
        return read_folder(directory, binary) if binary else [read_remains(directory, names)]


def _remains(directory: Path, names: Sequence[str]) -> list[str]:
    """W&B's own files in a folder ``files`` (or a download of it) where no history is beside them."""
    if METADATA not in names and SUMMARY not in names:
        return []
    if any("tfevents" in name or name.endswith((*_TABLES, SUFFIX)) for name in names):
        return []
    if directory.name == "files" and _has_log(directory.parent):
        return []
    return [name for name in (METADATA, SUMMARY, OUTPUT) if name in names]


def _has_log(folder: Path) -> bool:
    try:
        return any(entry.name.endswith((SUFFIX, *_TABLES)) for entry in folder.absolute().iterdir())
    except OSError:
        return False
