"""TensorBoard event files, decoded with numpy.

``TensorBoardReader`` turns directories into raw runs; ``read_scalars`` and ``read_event_file`` give the
untouched contents of one file. How a file is decoded: ``frames`` (record framing), ``common_record`` and
``columns`` (scalars), ``protobuf_path`` (the rest). How files become runs: ``runs`` (which belong together),
``effective`` (which points count), ``side_runs`` (directories that writers create beside a run).

The names are looked up on first use: a tree without event files asks ``TensorBoardReader.claims`` only, and
does not wait for the decoder's imports.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rldoctor.readers.tensorboard.eventfile import (
        EventFile,
        ScalarColumns,
        read_event_file,
        read_scalars,
    )
    from rldoctor.readers.tensorboard.reader import TensorBoardReader
    from rldoctor.readers.tensorboard.side_runs import attach_side_runs

_HOMES = {
    "EventFile": "eventfile",
    "ScalarColumns": "eventfile",
    "TensorBoardReader": "reader",
    "attach_side_runs": "side_runs",
    "read_event_file": "eventfile",
    "read_scalars": "eventfile",
}

__all__ = [
    "EventFile",
    "ScalarColumns",
    "TensorBoardReader",
    "attach_side_runs",
    "read_event_file",
    "read_scalars",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its module on first access."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
