"""``dataclass`` at a third of its price for the usual case: frozen, with slots.

The standard library compiles six functions for such a class, each by itself: 0.7 ms, and a start makes 150
classes. Here ``__init__`` alone is compiled; comparing, hashing, printing and refusing changes are the same
code for all of them. What comes out is a dataclass (``fields``, ``replace``, ``asdict``, patterns), and
whatever is not the usual case is left to the standard library.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(kind: type | None = None, /, **asked: bool) -> Any:
        """As ``dataclasses.dataclass``."""

        def make(kind: type) -> type:
            usual = asked == _USUAL and not _unusual(kind)
            return _frozen(kind) if usual else dataclasses.dataclass(**asked)(kind)

        return make if kind is None else make(kind)


_USUAL = {"frozen": True, "slots": True}
_UNSET = object()
_set = object.__setattr__


def _unusual(kind: type) -> bool:
    """Whether the parameters of ``__init__`` are not simply the fields in order."""
    named = any(
        word in str(one)
        for one in vars(kind).get("__annotations__", {}).values()
        for word in ("InitVar", "KW_ONLY")
    )
    values = [one for one in vars(kind).values() if isinstance(one, dataclasses.Field)]
    return named or any(not one.init or one.kw_only is True for one in values)


def _frozen(kind: type) -> type:
    own = set(vars(kind))
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(kind)
    fields = dataclasses.fields(made)
    compared = _getter([one.name for one in fields if one.compare])
    hashed = _getter([one.name for one in fields if (one.compare if one.hash is None else one.hash)])
    methods: dict[str, Any] = {
        "__init__": _init(made, fields),
        "__eq__": lambda self, other: (
            compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented
        ),
        "__hash__": lambda self: hash(hashed(self)),
        "__repr__": _repr,
        "__setattr__": _refuse_setting,
        "__delattr__": _refuse_deleting,
        # The usual way to restore a copy sets attributes.
        "__getstate__": _state,
        "__setstate__": _restore,
    }
    for name, method in methods.items():
        if name not in own:
            setattr(made, name, method)
    return made  # type: ignore[no-any-return]


def _getter(names: list[str]) -> Callable[[Any], Any]:
    """The values of these attributes, to compare or hash."""
    return attrgetter(*names) if names else lambda _: ()


def _init(kind: Any, fields: tuple[dataclasses.Field[Any], ...]) -> Any:
    """The only method that is worth compiling: it is called for every object."""
    known: dict[str, Any] = {"_set": _set, "_unset": _UNSET}
    parameters, lines = [], []
    for one in fields:
        name, value = one.name, one.name
        if one.default_factory is not dataclasses.MISSING:
            known[f"_make_{name}"] = one.default_factory
            parameters.append(f"{name}=_unset")
            value = f"_make_{name}() if {name} is _unset else {name}"
        elif one.default is not dataclasses.MISSING:
            known[f"_default_{name}"] = one.default
            parameters.append(f"{name}=_default_{name}")
        else:
            parameters.append(name)
        lines.append(f"    _set(self, {name!r}, {value})")
    lines += ["    self.__post_init__()"] if hasattr(kind, "__post_init__") else []
    exec("\n".join([f"def __init__(self, {', '.join(parameters)}):", *(lines or ["    pass"])]), known)
    made = known["__init__"]
    made.__qualname__ = f"{kind.__qualname__}.__init__"
    return made


def _repr(self: Any) -> str:
    shown = [f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self) if one.repr]
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse_setting(self: Any, name: str, value: Any) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deleting(self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, one.name) for one in dataclasses.fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for one, value in zip(dataclasses.fields(self), state, strict=True):
        _set(self, one.name, value)
