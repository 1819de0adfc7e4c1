"""Real event files, written by the real writers."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

Point = tuple[str, float, int, float]  # tag, value, step, wall time
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """``write(points, name="run", **options)``: one new event file by torch's SummaryWriter; its path."""
    tensorboard = pytest.importorskip("torch.utils.tensorboard")

    def _write(points: Iterable[Point], name: str = "run", **options) -> Path:
        directory = tmp_path / name
        before = set(directory.glob("*tfevents*"))
        writer = tensorboard.SummaryWriter(str(directory), max_queue=100_000, **options)
        for tag, value, step, wall in points:
            writer.add_scalar(tag, value, step, walltime=wall)
        writer.close()
        (new,) = set(directory.glob("*tfevents*")) - before
        return new

    return _write


@pytest.fixture
def write_events(tmp_path: Path) -> Write:
    """``write_events(events)``: one event file by TensorBoard's EventFileWriter; its path."""
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    def _write(events: Iterable[object], name: str = "run") -> Path:
        directory = tmp_path / name
        before = set(directory.glob("*tfevents*"))
        writer = EventFileWriter(str(directory))
        for event in events:
            writer.add_event(event)
        writer.close()
        (new,) = set(directory.glob("*tfevents*")) - before
        return new

    return _write
