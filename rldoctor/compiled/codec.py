"""Typed values to JSON values and back, guided by the annotations of the dataclasses.

Nothing in the text names a class or a function: which objects are made is decided by the type the caller asks
for, so that a damaged or forged file can at worst give wrong texts and numbers.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import lru_cache
from types import NoneType, SimpleNamespace, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from rldoctor.plain_data import later, reads_later

Decoder = Callable[[Any], Any]


def to_plain(value: Any) -> Any:
    """Mappings, lists, texts, numbers, truth values and None; fields that have their default are left out."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            one.name: to_plain(found)
            for one in fields(value)
            if one.init and not _is_default(one, found := getattr(value, one.name))
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, re.Pattern):
        return value.pattern
    if isinstance(value, Mapping):
        return {_key(key): to_plain(entry) for key, entry in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    return [to_plain(entry) for entry in value] if isinstance(value, tuple | list) else value


def _key(key: Any) -> str:
    """JSON would make a text of any other key, and not say so."""
    if not isinstance(key, str):
        raise TypeError(f"the key {key!r} of a mapping is not text")
    return key


def _is_default(one: Field[Any], value: Any) -> bool:
    default = one.default if one.default_factory is MISSING else one.default_factory()
    # True == 1 == 1.0, and a reader would find the other one.
    return type(value) is type(default) and bool(value == default)


def from_plain(kind: Any, plain: Any) -> Any:
    """The value of type ``kind`` that ``to_plain`` wrote.

    An object of a class of ours is read field by field when it is looked at: what does not fit is an error
    only then. What is damaged has to be noticed before.
    """
    decode = _decoder(kind)
    return plain if decode is None else decode(plain)


@lru_cache(maxsize=256)
def _decoder(kind: Any) -> Decoder | None:
    """How a value of this type is made; None where it stands in JSON as it is."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _optional(inner)
    if origin is tuple:
        return _tuple(inner)
    if origin is frozenset:
        return frozenset
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(_decoder(inner[1]))
    # Our own first: asking whether it is a dataclass has all of its fields described.
    if isinstance(kind, type) and (reads_later(kind) or is_dataclass(kind)):
        return _dataclass(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    # A pattern is only compiled: what stands in it can be slow, but does nothing else.
    return re.compile if origin is re.Pattern else None


def _optional(kinds: tuple[Any, ...]) -> Decoder | None:
    decoders = [decode for one in kinds if one is not NoneType and (decode := _decoder(one)) is not None]
    if not decoders:
        return None
    (decode,) = decoders
    return lambda plain: None if plain is None else decode(plain)


def _tuple(kinds: tuple[Any, ...]) -> Decoder:
    if kinds[-1] is Ellipsis:
        decode = _decoder(kinds[0])
        return tuple if decode is None else lambda plain: tuple([decode(one) for one in plain])
    decoders = [_decoder(one) for one in kinds]
    return lambda plain: tuple(
        one if decode is None else decode(one) for decode, one in zip(decoders, plain, strict=True)
    )


def _mapping(decode: Decoder | None) -> Decoder:
    return dict if decode is None else lambda plain: {key: decode(one) for key, one in plain.items()}


def _dataclass(kind: type) -> Decoder:
    texts = kind.__annotations__.values()
    # One that is taken as it is costs less than a look at two of its fields.
    if reads_later(kind) and not all(text in _AS_WRITTEN for text in texts):
        return later(kind, lambda name: _field(kind, name))
    if all(text in _PLAIN for text in texts):
        return lambda plain: kind(**plain)

    def make(plain: Mapping[str, Any]) -> Any:
        return kind(**{name: _field(kind, name)(value) for name, value in plain.items()})

    return make


def _field(kind: Any, name: str) -> Decoder:
    """How the value of a field is made. Only the types of fields that are asked for are looked at."""
    text = kind.__annotations__[name]
    if text in _AS_WRITTEN:
        return _AS_WRITTEN[text]
    # A stand-in with this one annotation: those of the whole class take a third of the time of a start.
    one = SimpleNamespace(__annotations__={name: text})
    return _decoder(get_type_hints(one, vars(sys.modules[kind.__module__]))[name]) or _same


def _same(plain: Any) -> Any:
    return plain


_PLAIN = ("str", "float", "int", "bool", "Any")
# Nine of ten fields.
_AS_WRITTEN: Mapping[str, Decoder] = {
    **dict.fromkeys(_PLAIN, _same),
    "tuple[str, ...]": tuple,
    "frozenset[str]": frozenset,
}
