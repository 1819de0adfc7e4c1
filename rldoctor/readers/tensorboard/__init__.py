"""TensorBoard event files, decoded with numpy.

``TensorBoardReader`` turns directories into raw runs; ``read_scalars`` and ``read_event_file`` give the
untouched contents of one file. How a file is decoded: ``frames`` (record framing), ``columns`` (scalars),
``slow`` (the rest). How files become runs: ``runs`` (which belong together), ``effective`` (which points
count), ``side`` (directories that writers create beside a run).
"""

from __future__ import annotations

from rldoctor.readers.tensorboard.eventfile import EventFile, ScalarColumns, read_event_file, read_scalars
from rldoctor.readers.tensorboard.reader import TensorBoardReader
from rldoctor.readers.tensorboard.side_runs import attach_side_runs

__all__ = [
    "EventFile",
    "ScalarColumns",
    "TensorBoardReader",
    "attach_side_runs",
    "read_event_file",
    "read_scalars",
]
