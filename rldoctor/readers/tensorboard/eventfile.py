"""One event file, read completely: scalars as columns, texts, hyperparameters, session starts, damage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rldoctor.files import open_handle
from rldoctor.plain_data import dataclass
from rldoctor.readers.tensorboard.blocks import Piece
from rldoctor.readers.tensorboard.columns import read_columns
from rldoctor.readers.tensorboard.frames import Batch, DamagedBytes, FrameReader
from rldoctor.readers.tensorboard.protobuf_path import SessionStart, SlowEvents, Text

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ScalarColumns:
    """Every point of one tag in file order, nothing dropped; arrays of shape (n,).

    ``values`` are float64 (float32 widened exactly; NaN and infinity kept), ``wall`` Unix seconds, ``steps``
    int64 as logged (they may repeat or go backwards), ``records`` the number of the record in the file.
    """

    steps: NDArray[np.int64]
    wall: NDArray[np.float64]
    values: NDArray[np.float64]
    records: NDArray[np.uint32]

    def __len__(self) -> int:
        """Number of points."""
        return int(self.steps.size)

    def select(self, keep: NDArray[np.bool_]) -> ScalarColumns:
        """The points where ``keep`` (shape (n,)) is True."""
        return ScalarColumns(self.steps[keep], self.wall[keep], self.values[keep], self.records[keep])


@dataclass(slots=True)
class EventFile:
    """Contents of one event file.

    ``damage`` lists stretches without valid framing, ``corrupt`` counts records whose payload checksum is
    wrong (skipped), ``unparsable`` records that are no valid event, ``strange_tags`` tags not in UTF-8.
    """

    path: Path
    size: int = 0
    records: int = 0
    scalars: dict[str, ScalarColumns] = field(default_factory=dict)
    texts: list[Text] = field(default_factory=list)
    hparams: dict[str, object] = field(default_factory=dict)
    starts: list[SessionStart] = field(default_factory=list)
    damage: list[DamagedBytes] = field(default_factory=list)
    corrupt: int = 0
    unparsable: int = 0
    strange_tags: list[str] = field(default_factory=list)
    first_wall: float | None = None

    @property
    def is_event_file(self) -> bool:
        """Whether at least one record could be framed (an empty file is not)."""
        return self.records > 0


def read_scalars(path: Path) -> Mapping[str, ScalarColumns]:
    """Tag -> every logged point of one event file, as written.

    OSError when the file cannot be opened; damaged content never raises (``read_event_file`` reports it).
    """
    return read_event_file(path).scalars


def read_event_file(path: Path) -> EventFile:
    """Read one event file in bounded memory; OSError when it cannot be opened, damage never raises."""
    out = EventFile(path)
    pieces: dict[bytes, list[Piece]] = {}
    slow = SlowEvents()
    # Read, not mapped: a file that its writer truncates under a memory map kills the process (SIGBUS).
    with FileIO(open_handle(path, holes=True), "r") as stream:
        frames = FrameReader(stream, path.stat().st_size, out.damage)
        for batch in frames:
            _read_batch(batch, pieces, slow, out)
        out.size = stream.tell()
    out.records = frames.records
    out.texts, out.hparams, out.starts = slow.texts, slow.hparams, slow.starts
    out.corrupt += len(slow.corrupt)
    out.unparsable = len(slow.unparsable)
    _assemble(pieces, out)
    return out


def _read_batch(batch: Batch, pieces: dict[bytes, list[Piece]], slow: SlowEvents, out: EventFile) -> None:
    """Columns where possible, record by record where not."""
    columns = read_columns(batch)
    out.corrupt += len(columns.corrupt)
    # In the order of the file, in which the points of a piece have to be.
    for row in sorted(columns.slow):
        start, length = int(batch.starts[row]), int(batch.lengths[row])
        payload = batch.data[start : start + length].tobytes()
        stored = int.from_bytes(batch.data[start + length : start + length + 4].tobytes(), "little")
        slow.read(batch.first + row, payload, stored)
    for tag, piece in (*columns.pieces, *slow.take_pieces()):
        pieces.setdefault(tag, []).append(piece)


def _assemble(pieces: dict[bytes, list[Piece]], out: EventFile) -> None:
    """Join the pieces of each tag in file order; pieces are released on the way to bound the memory.

    Tags come in the order in which they were first logged.
    """
    for raw in sorted(pieces, key=lambda raw: min(int(part.records[0]) for part in pieces[raw])):
        tag = raw.decode("utf-8", "replace")
        if tag.encode("utf-8") != raw:
            # Two tags may differ in nothing but the bytes that were replaced: the second one then shows them.
            tag = tag if tag not in out.scalars else raw.decode("utf-8", "backslashreplace")
            out.strange_tags.append(tag)
        out.scalars[tag] = _joined(pieces.pop(raw))
    walls = [float(columns.wall[0]) for columns in out.scalars.values()]
    out.first_wall = min(walls, default=None)


def _joined(parts: list[Piece]) -> ScalarColumns:
    """One tag's points by record number. Pieces of one batch interleave when a step's width changes."""
    if len(parts) == 1:
        # A piece is in file order: nothing to copy or to check. Most small files are one batch.
        (part,) = parts
        return ScalarColumns(part.steps, part.wall, part.values.astype(np.float64), part.records)
    # A step that grows by a byte starts a new piece, and steps rise: by their first records the pieces of
    # most tags follow each other, and nothing has to be sorted point by point.
    parts = sorted(parts, key=lambda part: int(part.records[0]))
    records = np.concatenate([part.records for part in parts])
    steps = np.concatenate([part.steps for part in parts])
    wall = np.concatenate([part.wall for part in parts])
    values = np.concatenate([part.values.astype(np.float64) for part in parts])
    if bool((records[1:] >= records[:-1]).all()):
        return ScalarColumns(steps, wall, values, records)
    order = np.argsort(records, kind="stable")
    return ScalarColumns(steps[order], wall[order], values[order], records[order])
