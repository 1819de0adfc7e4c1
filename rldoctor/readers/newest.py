"""The run that was written last, under the folders that training programs write into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rldoctor.readers.base import Reader
from rldoctor.readers.registry import load_readers
from rldoctor.readers.sources import claims
from rldoctor.readers.walk import walk

USUAL = (
    "runs",
    "logs",
    "log",
    "outputs",
    "output",
    "results",
    "experiments",
    "wandb",
    "mlruns",
    "ray_results",
    "lightning_logs",
    "train_dir",
    "tensorboard",
    "tb",
    "tb_logs",
)


def newest_run(here: Path) -> Path | None:
    """The folder under ``here`` in which a log was written last, or None.

    Looked at are the usual folders, then ``~/ray_results``, where Ray writes unless told otherwise.
    """
    readers, _ = load_readers()
    for places in ([here / name for name in USUAL], [Path.home() / "ray_results"]):
        found = [one for place in places if place.is_dir() for one in _written(readers, place)]
        if found:
            return max(found)[1]
    return None


def _written(readers: Sequence[Reader], root: Path) -> Iterator[tuple[float, Path]]:
    """When a log in each folder was written last (Unix time), and the folder."""
    taken: dict[Path, list[str]] = {}

    def claimed(directory: Path, names: list[str]) -> set[str]:
        part = claims(readers, directory, names)
        taken[directory] = [name for names in part.values() for name in names]
        return set(taken[directory])

    for _ in walk(root, claimed):
        pass
    for directory, names in taken.items():
        if times := [time for name in names if (time := _time(directory / name)) is not None]:
            yield max(times), directory


def _time(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None
