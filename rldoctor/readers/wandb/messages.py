"""The few protobuf messages of a ``.wandb`` file that are read, taken apart by hand.

Field numbers (wandb/proto/wandb_internal.proto, the same from 0.12 to 0.31): Record num=1 history=2 summary=3
config=5 metric=12 run=17 exit=18; MetricRecord name=1 glob_name=2 step_metric=4; HistoryRecord and
SummaryRecord item=1, ConfigRecord update=1 remove=2; an item has key=1 or nested_key=2 (repeated), and
value_json=16 or, of newer versions, none=3 boolean=4 integer=5 number=6 text=7 json=8.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Any, TypeAlias

from rldoctor.readers.bounded_json import loads

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
HISTORY, SUMMARY, CONFIG, METRIC, RUN, EXIT = 2, 3, 5, 12, 17, 18
_ITEM = 0x0A
_NESTED_KEY, _VALUE_JSON = 0x12, b"\x82\x01"
_double = Struct("<d").unpack_from
Value: TypeAlias = "int | float | bytes"


class NoMessageError(ValueError):
    """Bytes that are no protobuf message."""


def fields(data: bytes, at: int = 0, end: int | None = None) -> Iterator[tuple[int, Value]]:
    """Number and value of every field: an int, a float (eight bytes) or bytes. NoMessageError."""
    end = len(data) if end is None else end
    while at < end:
        key, at = varint(data, at)
        wire = key & 7
        value: Value
        if wire == VARINT:
            value, at = varint(data, at)
        elif wire == BYTES:
            size, start = varint(data, at)
            at = start + size
            value = data[start:at]
        elif wire in (FIXED64, FIXED32):
            value, at = _fixed(data, at, wire)
        else:
            raise NoMessageError
        if at > end:
            raise NoMessageError
        yield key >> 3, value


def _fixed(data: bytes, at: int, wire: int) -> tuple[float, int]:
    size = 8 if wire == FIXED64 else 4
    if at + size > len(data):
        raise NoMessageError
    return (_double(data, at)[0] if size == 8 else 0.0), at + size


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Value and end of the varint at ``at``. NoMessageError when it does not end."""
    value = shift = 0
    try:
        while True:
            byte = data[at]
            value |= (byte & 0x7F) << shift
            at += 1
            if byte < 0x80:
                return value, at
            shift += 7
    except IndexError:
        raise NoMessageError from None


def signed(value: int) -> int:
    """A varint of type int32 or int64: two's complement in 64 bits."""
    return value - (1 << 64) if value >> 63 else value


def items(data: bytes) -> Iterator[tuple[bytes, bytes | object]]:
    """Name and value of the items of a history record; a value is JSON text as bytes, or decoded already.

    Nested names are joined by dots, as W&B shows them.
    """
    at, end = 0, len(data)
    while at < end:
        if data[at] != _ITEM:
            at = _behind(data, at)
            continue
        size, start = varint(data, at + 1)
        at = start + size
        if at > end:
            raise NoMessageError
        if not size:
            continue
        # Nearly every item is one name and one JSON value, both short: taken apart without a call.
        if size > 5 and data[start] == _NESTED_KEY and data[start + 1] < 0x80:
            middle = start + 2 + data[start + 1]
            # A cut item may end with the mark of a value that is not there.
            whole = middle + 2 < at and data[middle : middle + 2] == _VALUE_JSON
            if whole and data[middle + 2] == at - middle - 3 < 0x80:
                yield data[start + 2 : middle], data[middle + 3 : at]
                continue
        yield item(data[start:at])


def _behind(data: bytes, at: int) -> int:
    """The end of the field at ``at``, whatever it is."""
    key, at = varint(data, at)
    value, end = varint(data, at) if key & 7 in (VARINT, BYTES) else (0, at)
    if key & 7 == BYTES:
        return end + value
    return end if key & 7 == VARINT else at + (8 if key & 7 == FIXED64 else 4)


def item(data: bytes) -> tuple[bytes, bytes | object]:
    """Name and value of one item of any kind."""
    names: list[bytes] = []
    found: bytes | object = b"null"
    for number, value in fields(data):
        if number in (1, 2) and isinstance(value, bytes) and value:
            names.append(value)
        elif number in (8, 16):
            found = value
        elif number == 4:
            found = bool(value)
        elif number == 5 and isinstance(value, int):
            found = value >> 1 ^ -(value & 1)
        elif number == 6:
            found = value
        elif number == 7 and isinstance(value, bytes):
            found = value.decode("utf-8", "replace")
    return b".".join(names), found


def plain(value: bytes | object) -> Any:
    """The value of an item as Python data; text that is no JSON stays text."""
    if not isinstance(value, bytes):
        return value
    try:
        return loads(value.decode())
    except (ValueError, RecursionError):
        return value.decode("utf-8", "replace")
