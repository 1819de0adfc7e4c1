"""The slow path: one record at a time through the real protobuf (tensors, text, hparams, session logs).

A handful of records per file, so clarity counts here; the protobuf package is imported on first need only.
"""

from __future__ import annotations

from dataclasses import field
from typing import Any

import numpy as np

from rldoctor.plain_data import dataclass
from rldoctor.readers.tensorboard.blocks import Piece
from rldoctor.readers.tensorboard.crc import masked_crc
from rldoctor.readers.tensorboard.wire import WireType, parse_event

SESSION_START = 1
# TensorFlow 2, and torch with ``new_style=True``, name the plugin of a scalar; a bare tensor names none.
_SCALAR_PLUGINS = ("", "scalars")


@dataclass(frozen=True, slots=True)
class Text:
    """A text summary: ``strings`` has the shape of the logged tensor (n,) or (n, 2), flattened to rows."""

    tag: str
    step: int
    strings: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class SessionStart:
    """A ``SessionLog.START``: the writer declares every earlier point at or after ``step`` void."""

    step: int
    record: int


@dataclass(slots=True)
class SlowEvents:
    """What the slow path found in a file."""

    texts: list[Text] = field(default_factory=list)
    hparams: dict[str, object] = field(default_factory=dict)
    starts: list[SessionStart] = field(default_factory=list)
    corrupt: list[int] = field(default_factory=list)
    unparsable: list[int] = field(default_factory=list)
    _scalars: list[tuple[bytes, int, int, float, float]] = field(default_factory=list)

    def read(self, record: int, payload: bytes, stored_crc: int) -> None:
        """Take one record: checksum first, then whatever is in it."""
        # A record with a flipped byte often still parses, into another number.
        if masked_crc(payload) != stored_crc:
            self.corrupt.append(record)
            return
        # Images and graphs may be large and are not read: they are spared the import and the parser.
        if parse_event(payload) is WireType.IGNORED:
            return
        from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
        from tensorboard.compat.proto import event_pb2

        try:
            event = event_pb2.Event.FromString(payload)
        except DecodeError:
            self.unparsable.append(record)
            return
        if event.session_log.status == SESSION_START:
            self.starts.append(SessionStart(int(event.step), record))
        for value in event.summary.value:
            self._read_value(record, event, value)

    def _read_value(self, record: int, event: Any, value: Any) -> None:
        """One Summary.Value of any kind."""
        plugin = value.metadata.plugin_data
        if value.HasField("simple_value"):
            self._add_scalar(record, event, value.tag, value.simple_value)
        elif plugin.plugin_name == "hparams":
            self.hparams.update(_hparams(plugin.content))
        elif value.HasField("tensor"):
            self._read_tensor(record, event, value)

    def _read_tensor(self, record: int, event: Any, value: Any) -> None:
        """A tensor: text, a scalar of any numeric type, or something else (left alone)."""
        if value.tensor.string_val or value.metadata.plugin_data.plugin_name == "text":
            self.texts.append(_text(event, value))
            return
        if value.metadata.plugin_data.plugin_name not in _SCALAR_PLUGINS:
            return
        # Brings fsspec and, where it is installed, boto3: 25 MB and a second that a text need not cost.
        from tensorboard.util import tensor_util

        try:
            array = tensor_util.make_ndarray(value.tensor)
        except Exception:  # KeyError for a type that does not exist, and whatever else odd bytes lead to
            self.unparsable.append(record)
            return
        if array.size == 1 and array.dtype.kind in "fiub":
            self._add_scalar(record, event, value.tag, float(array.reshape(())))

    def _add_scalar(self, record: int, event: Any, tag: str, value: float) -> None:
        # As bytes, the way columns are keyed: points of one tag may come both ways.
        self._scalars.append((tag.encode(), record, int(event.step), float(event.wall_time), float(value)))

    def take_pieces(self) -> list[tuple[bytes, Piece]]:
        """The scalars met since the last call, by tag, in file order."""
        by_tag: dict[bytes, list[tuple[int, int, float, float]]] = {}
        for tag, *point in self._scalars:
            by_tag.setdefault(tag, []).append(tuple(point))  # type: ignore[arg-type]
        self._scalars.clear()
        return [(tag, _piece(points)) for tag, points in by_tag.items()]


def _piece(points: list[tuple[int, int, float, float]]) -> Piece:
    records, steps, wall, values = zip(*points, strict=True)
    return Piece(
        np.array(records, dtype=np.uint32),
        np.array(steps, dtype=np.int64),
        np.array(wall, dtype=np.float64),
        np.array(values, dtype=np.float64),
    )


def _text(event: Any, value: Any) -> Text:
    """Strings of a text tensor; a (n, 2) tensor (older ML-Agents) keeps its rows."""
    strings = [item.decode("utf-8", "replace") for item in value.tensor.string_val]
    dims = [dim.size for dim in value.tensor.tensor_shape.dim]
    width = dims[1] if len(dims) == 2 and dims[1] > 0 else 1
    rows = [tuple(strings[k : k + width]) for k in range(0, len(strings), width)]
    return Text(value.tag, int(event.step), tuple(rows))


def _hparams(content: bytes) -> dict[str, object]:
    """Hyperparameters in one value of the hparams plugin (only the session start holds any)."""
    from google.protobuf.message import DecodeError
    from tensorboard.plugins.hparams import plugin_data_pb2

    try:
        data = plugin_data_pb2.HParamsPluginData.FromString(content)
    except DecodeError:
        return {}
    return {key: _plain(value) for key, value in data.session_start_info.hparams.items()}


def _plain(value: Any) -> object:
    """A protobuf ``Value`` as a Python value; whole numbers become int.

    The plugin stores every number as a double. torch also stores True and False as 1.0 and 0.0 (tensorboardX
    as booleans), which cannot be told from the numbers 1 and 0.
    """
    kind = value.WhichOneof("kind")
    if kind == "number_value":
        number = float(value.number_value)
        return int(number) if number.is_integer() and abs(number) < 2**53 else number
    if kind in ("string_value", "bool_value"):
        return getattr(value, kind)
    return [_plain(item) for item in value.list_value.values] if kind == "list_value" else None
