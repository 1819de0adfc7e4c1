"""Where the numbers stand inside one serialised ``Event``: a minimal protobuf wire-format walk.

Only enough to find the bytes of wall time, step, tags and scalar values, so that records that differ in
nothing else can be read as columns. Anything unusual is left to the real protobuf parser
(``protobuf_path.py``).

Field numbers (tensorboard/compat/proto): Event wall_time=1 step=2 file_version=3 summary=5 session_log=7;
Summary value=1; Value tag=1 simple_value=2 image=4 histo=5 audio=6 node_name=7 tensor=8 metadata=9;
TensorProto dtype=1 tensor_shape=2 version_number=3 tensor_content=4 float_val=5 double_val=6;
SummaryMetadata plugin_data=1; PluginData plugin_name=1.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
# TensorFlow's ``DataType``: DT_FLOAT, DT_DOUBLE, DT_INT32, DT_INT64.
_DTYPES = {1: ("<f4", 4), 2: ("<f8", 8), 3: ("<i4", 4), 9: ("<i8", 8)}
# The lists of fixed width. ``int_val`` holds varints, whose size changes with the number.
_LISTS = {5: ("<f4", 4), 6: ("<f8", 8)}
# 3 is the histogram of the first TensorFlow versions.
_IGNORED_VALUES = frozenset({3, 4, 5, 6})


# Fields of a value that are text or messages: tag, tensor, metadata.
_MESSAGES = frozenset({1, 8, 9})


class Slot(NamedTuple):
    """One scalar: tag bytes ``[tag_start, tag_end)``, a number of numpy type ``kind`` at byte ``at``."""

    tag_start: int
    tag_end: int
    at: int
    kind: str


class Layout(NamedTuple):
    """Byte positions in an event of ``length`` bytes; ``wall``, ``step`` are -1 where absent (value 0)."""

    length: int
    wall: int
    step: int
    step_width: int
    slots: tuple[Slot, ...]


class WireType(Enum):
    """Events that are not read as columns."""

    IGNORED = "nothing of interest (file version, graph, histogram, image)"
    SLOW = "needs the protobuf parser"


class _UnusualError(Exception):
    """Not an event that columns can be read from."""


class _Field(NamedTuple):
    number: int
    wire: int
    start: int
    end: int
    value: int


def parse_event(data: bytes) -> Layout | WireType:
    """The layout of the scalars in a serialised event, or what else it is. Never raises."""
    try:
        return _parse_event(data)
    except (_UnusualError, IndexError):
        return WireType.SLOW


def _parse_event(data: bytes) -> Layout | WireType:
    fields = _unique_fields(data, 0, len(data))
    known = {1: FIXED64, 2: VARINT, 5: BYTES}
    if not fields.keys() <= known.keys():
        # A graph or a file version holds nothing to read; a summary or a session log may.
        return WireType.SLOW if fields.keys() & {5, 7} else WireType.IGNORED
    if any(known[number] != item.wire for number, item in fields.items()):
        return WireType.SLOW
    if 5 not in fields:
        return WireType.IGNORED
    slots: list[Slot] = []
    ignored = 0
    for item in _fields(data, fields[5].start, fields[5].end):
        if item.number == 1 and item.wire != BYTES:
            raise _UnusualError
        slot = _parse_value(data, item) if item.number == 1 else None
        if slot is None:
            ignored += 1
        else:
            slots.append(slot)
    # A scalar and an image in one event: no other record has the same bytes around its scalar.
    if ignored and slots:
        return WireType.SLOW
    if not slots:
        return WireType.IGNORED
    wall, step = fields.get(1), fields.get(2)
    return Layout(
        length=len(data),
        wall=-1 if wall is None else wall.start,
        step=-1 if step is None else step.start,
        step_width=0 if step is None else step.end - step.start,
        slots=tuple(slots),
    )


def _parse_value(data: bytes, item: _Field) -> Slot | None:
    """The scalar of one Summary.Value; None when it holds a histogram, image or nothing."""
    fields = _unique_fields(data, item.start, item.end)
    # As numbers they would still have a place in the bytes, which then looks like a tag of nothing.
    if any(fields[number].wire != BYTES for number in fields.keys() & _MESSAGES):
        raise _UnusualError
    tag = fields.get(1)
    start, end = (item.start, item.start) if tag is None else (tag.start, tag.end)
    if 2 in fields:
        # Two members of a ``oneof``: protobuf keeps the last one, and knows which that is.
        if 8 in fields or fields[2].wire != FIXED32:
            raise _UnusualError
        return Slot(start, end, fields[2].start, "<f4")
    if 8 in fields:
        plugin = _plugin_name(data, fields.get(9))
        if plugin not in (b"", b"scalars"):
            raise _UnusualError
        return Slot(start, end, *_tensor_number(data, fields[8]))
    if fields.keys() & _IGNORED_VALUES:
        return None
    raise _UnusualError


def _plugin_name(data: bytes, metadata: _Field | None) -> bytes:
    if metadata is None:
        return b""
    plugin = _unique_fields(data, metadata.start, metadata.end).get(1)
    if plugin is None:
        return b""
    name = _unique_fields(data, plugin.start, plugin.end).get(1)
    return b"" if name is None else data[name.start : name.end]


def _tensor_number(data: bytes, tensor: _Field) -> tuple[int, str]:
    """Position and numpy type of the only number in a rank-0 float or integer tensor."""
    fields = _unique_fields(data, tensor.start, tensor.end)
    if not fields.keys() <= {1, 2, 3, 4, 5, 6} or 1 not in fields:
        raise _UnusualError
    shape = fields.get(2)
    if shape is not None and shape.end > shape.start:
        raise _UnusualError
    lists = fields.keys() & {4, 5, 6}
    kind = _DTYPES.get(fields[1].value)
    if len(lists) != 1 or kind is None:
        raise _UnusualError
    (number,) = lists
    holder = fields[number]
    if holder.end - holder.start != kind[1] or _LISTS.get(number, kind) != kind:
        raise _UnusualError
    return holder.start, kind[0]


def _unique_fields(data: bytes, start: int, end: int) -> dict[int, _Field]:
    """Fields by number; a repeated one is unusual here."""
    found: dict[int, _Field] = {}
    for item in _fields(data, start, end):
        if item.number in found:
            raise _UnusualError
        found[item.number] = item
    return found


def _fields(data: bytes, position: int, end: int) -> Iterator[_Field]:
    """The fields of one message; ``start`` and ``end`` bound the value (for BYTES without its length)."""
    while position < end:
        key, position = _varint(data, position)
        wire, start, value = key & 7, position, 0
        if wire == VARINT:
            value, position = _varint(data, position)
        elif wire == FIXED64:
            position += 8
        elif wire == FIXED32:
            position += 4
        elif wire == BYTES:
            size, start = _varint(data, position)
            position = start + size
        else:
            raise _UnusualError
        # Protobuf knows no field 0 and refuses the whole event.
        if position > end or not key >> 3:
            raise _UnusualError
        yield _Field(key >> 3, wire, start, position, value)


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """Value and end of the varint at ``position``."""
    value = shift = 0
    while True:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 63:
            raise _UnusualError
