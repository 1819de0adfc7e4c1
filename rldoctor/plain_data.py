"""``dataclass`` at a small part of its price for the usual case: with slots, frozen or not, own fields only.

The standard library compiles six functions for such a class, each by itself, and describes every field:
0.7 ms, and a start makes 140 classes, of most of which there is never an object. Here ``__init__`` is
compiled when there are several objects, the fields are described when somebody asks (``fields``, ``replace``,
``asdict``), and comparing, hashing, printing and refusing changes are the same code for all classes. What
comes out is a dataclass, and whatever is not the usual case is left to the standard library.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, partial
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import replace as replace
else:

    def replace(one: Any, /, **changes: Any) -> Any:
        """As ``dataclasses.replace``; fields that nobody looked at yet stay so."""
        kind = type(one)
        about = _ABOUT.get(kind)
        # The standard library describes all fields of the class for it, and refuses what is wrong.
        if about is None or about.after is not None or not changes.keys() <= about.fields:
            return dataclasses.replace(one, **changes)
        return about.changed(one, changes)

    def dataclass(kind: type | None = None, /, **asked: bool) -> Any:
        """As ``dataclasses.dataclass``."""

        def make(kind: type) -> type:
            usual = asked in _USUAL and _usual(kind)
            return _quick(kind, frozen="frozen" in asked) if usual else dataclasses.dataclass(**asked)(kind)

        return make if kind is None else make(kind)


T = TypeVar("T")
_USUAL = ({"frozen": True, "slots": True}, {"slots": True})
_UNSET = object()
# The slot of what an object is read from, field by field, or of what makes the fields that are still missing.
_GIVEN = "_given"
# What an annotation says of a name that is no field, or no plain parameter.
_MARKERS = ("ClassVar", "InitVar", "KW_ONLY")
_set = object.__setattr__


def _usual(kind: type) -> bool:
    """Whether the parameters of ``__init__`` are simply the fields in order, and nothing is to be refused."""
    body = vars(kind)
    fields = body.get("__annotations__", {})
    if not all(map(_adds_nothing, kind.__mro__[1:-1])) or not _plain(fields.values()):
        return False
    given = [name in body and _has_default(body[name]) for name in fields]
    # A field without a default behind one that has it, one that could be changed, one without an annotation:
    # the standard library says what is wrong.
    return given == sorted(given) and all(
        _simple(value, annotated=name in fields)
        for name, value in body.items()
        if name in fields or isinstance(value, dataclasses.Field)
    )


def _adds_nothing(base: type) -> bool:
    """Whether a base class has methods only."""
    return vars(base).get("__slots__") == () and "__dataclass_fields__" not in vars(base)


def _plain(annotations: Collection[Any]) -> bool:
    # Every module of ours has its annotations as texts; one that is no text could be a marker itself.
    if any(not isinstance(one, str) for one in annotations):
        return False
    texts = " ".join(annotations)
    return not any(word in texts for word in _MARKERS)


def _has_default(value: Any) -> bool:
    if not isinstance(value, dataclasses.Field):
        return True
    return value.default is not dataclasses.MISSING or value.default_factory is not dataclasses.MISSING


def _simple(value: Any, *, annotated: bool) -> bool:
    if not isinstance(value, dataclasses.Field):
        return value.__class__.__hash__ is not None
    return annotated and value.init and value.kw_only is not True and _simple(value.default, annotated=True)


def _quick(kind: type, *, frozen: bool) -> type:
    body = dict(vars(kind))
    names = tuple(body.get("__annotations__", ()))
    defaults = {name: body.pop(name) for name in names if name in body}
    if body.get("__hash__") is None:  # set by Python where a class has its own __eq__
        body.pop("__hash__", None)
    made = {
        "__dataclass_fields__": _Described(defaults, frozen=frozen),
        "__dataclass_params__": _Described(defaults, frozen=frozen),
        "__match_args__": names,
        "__init__": _Init(names, defaults, frozen=frozen),
        **_SHARED,
        **(_FROZEN if frozen else {"__hash__": None}),
        **body,
        "__slots__": (*names, _GIVEN),
    }
    # Attributes of the class without slots, which belong to it alone.
    made.pop("__dict__", None)
    made.pop("__weakref__", None)
    return type(kind)(kind.__name__, kind.__bases__, made)


class _Described:
    """What the standard library knows of the fields, made when somebody asks."""

    def __init__(self, defaults: dict[str, Any], *, frozen: bool) -> None:
        self.defaults, self.frozen = defaults, frozen

    def __set_name__(self, owner: Any, name: str) -> None:
        self.owner, self.name = owner, name

    def __get__(self, instance: Any, kind: type) -> Any:
        owner = self.owner
        # Of a class without a text the standard library makes one out of its signature.
        known = {"__module__": owner.__module__, "__annotations__": owner.__annotations__, "__doc__": "-"}
        # Its fields without its methods, from which the standard library makes nothing but the description.
        twin: Any = type(owner.__name__, (), {**known, **self.defaults})
        dataclasses.dataclass(init=False, repr=False, eq=False, match_args=False)(twin)
        twin.__dataclass_params__.frozen = self.frozen
        owner.__dataclass_fields__ = twin.__dataclass_fields__
        owner.__dataclass_params__ = twin.__dataclass_params__
        return getattr(owner, self.name)


class _Init:
    """``__init__``, compiled when many objects are made: that costs as much as filling in forty of them."""

    def __init__(self, fields: Sequence[str], defaults: Mapping[str, Any], *, frozen: bool) -> None:
        self.fields, self.frozen, self.made = frozenset(fields), frozen, 0
        self.defaults, self.factories = _defaults(defaults)
        # See `later`: how a field is read, and what was found out of that.
        self.reader: Any = None
        self.readers: dict[str, Callable[[Any], Any]] = {}

    def __set_name__(self, owner: Any, name: str) -> None:
        _ABOUT[owner] = self
        self.owner, self.name, self.after = owner, name, getattr(owner, "__post_init__", None)
        # The slots' own setters: object.__setattr__ is refused, or would look for them every time.
        self.setters = {one: vars(owner)[one].__set__ for one in owner.__match_args__}
        self.slots = {one: vars(owner)[one] for one in (*owner.__match_args__, _GIVEN)}

    def __get__(self, instance: Any, kind: type) -> Any:
        self.made += 1
        if instance is not None and self.made <= _FEW:
            return partial(self.fill, instance)
        self.compile()
        return getattr(kind if instance is None else instance, self.name)

    def fill(self, instance: Any, /, *given: Any, **named: Any) -> None:
        """Set the fields one by one; whatever is wrong with the arguments is left to what is compiled."""
        setters, by_name = self.setters, 0
        for put, value in zip(setters.values(), given, strict=False):
            put(instance, value)
        for name in islice(setters, len(given), None):
            if name in named:
                value, by_name = named[name], by_name + 1
            elif name in self.defaults:
                value = self.defaults[name]
            elif name in self.factories:
                value = self.factories[name]()
            else:
                break
            setters[name](instance, value)
        else:
            # Neither too many by place nor a name that is no field, or has its value by place.
            if len(given) <= len(setters) and by_name == len(named):
                if self.after is not None:
                    self.after(instance)
                return
        self.compile()
        instance.__init__(*given, **named)

    def changed(self, one: Any, changes: Mapping[str, Any]) -> Any:
        """A copy with other values of some fields; what the original has not yet, the copy has not either."""
        made = object.__new__(self.owner)
        for name, slot in self.slots.items():
            if name in changes:
                slot.__set__(made, changes[name])
                continue
            try:
                value = slot.__get__(one)
            except AttributeError:
                continue
            slot.__set__(made, value)
        return made

    def compile(self) -> None:
        """From now on the class has its own."""
        self.owner.__init__ = _compiled(self.owner, self)


_ABOUT: dict[type, _Init] = {}
_FEW = 40


def _defaults(found: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Callable[[], Any]]]:
    """The default of each field that has one, and what makes it anew for each object."""
    fields = {name: one for name, one in found.items() if isinstance(one, dataclasses.Field)}
    values = {name: getattr(one, "default", one) if name in fields else one for name, one in found.items()}
    factories: dict[str, Any] = {name: one.default_factory for name, one in fields.items()}
    return (
        {name: one for name, one in values.items() if one is not dataclasses.MISSING},
        {name: one for name, one in factories.items() if one is not dataclasses.MISSING},
    )


def _compiled(kind: Any, about: _Init) -> Any:
    """The only method that is worth compiling: it is called for every object."""
    known: dict[str, Any] = {"_unset": _UNSET}
    parameters, lines = [], []
    for name, setter in about.setters.items():
        value = name
        if name in about.factories:
            known[f"_make_{name}"] = about.factories[name]
            parameters.append(f"{name}=_unset")
            value = f"_make_{name}() if {name} is _unset else {name}"
        elif name in about.defaults:
            known[f"_default_{name}"] = about.defaults[name]
            parameters.append(f"{name}=_default_{name}")
        else:
            parameters.append(name)
        known[f"_set_{name}"] = setter
        lines.append(f"    _set_{name}(self, {value})" if about.frozen else f"    self.{name} = {value}")
    lines += ["    self.__post_init__()"] if about.after else []
    body = "\n".join([f"def __init__(self, {', '.join(parameters)}):", *(lines or ["    pass"])])
    # Names of our own fields, never a word of a file.
    exec(body, known)  # nosec B102
    made = known["__init__"]
    made.__qualname__ = f"{kind.__qualname__}.__init__"
    return made


def _getter(names: list[str]) -> Callable[[Any], Any]:
    """The values of these attributes, to compare or hash."""
    return attrgetter(*names) if names else lambda _: ()


def _compared_of(kind: type[Any]) -> Callable[[Any], Any]:
    return _getter([one.name for one in dataclasses.fields(kind) if one.compare])


def _hashed_of(kind: type[Any]) -> Callable[[Any], Any]:
    fields = dataclasses.fields(kind)
    return _getter([one.name for one in fields if (one.compare if one.hash is None else one.hash)])


_compared: Any = cache(_compared_of)
_hashed: Any = cache(_hashed_of)


def _equal(self: Any, other: object) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    values = _compared(type(self))
    return values(self) == values(other)


def _hash(self: Any) -> int:
    return hash(_hashed(type(self))(self))


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


def reads_later(kind: type) -> bool:
    """Whether objects of this class can be made by :func:`later`."""
    return kind in _ABOUT and _ABOUT[kind].after is None


def later(kind: type, reader: Callable[[str], Callable[[Any], Any]]) -> Callable[[Mapping[str, Any]], Any]:
    """What makes an object of a class from a mapping whose entries are looked at when a field is asked for.

    Such a field is then ``reader(name)(entry)``, once, or its default where there is none. Of a large tree
    of objects only those are made that somebody looks at.
    """
    _ABOUT[kind].reader = reader
    new, keep = object.__new__, vars(kind)[_GIVEN].__set__

    def make(given: Mapping[str, Any]) -> Any:
        made: Any = new(kind)
        keep(made, given)
        return made

    return make


def unfinished(kind: type[T], known: Mapping[str, Any], rest: Callable[[], Mapping[str, Any]]) -> T:
    """An object with the ``known`` fields; ``rest`` makes the others when the first of them is asked for.

    For what costs much and is seldom looked at. ``rest`` must not fail: nobody expects that of a look.
    """
    made = object.__new__(kind)
    setters = _ABOUT[kind].setters
    for name, value in known.items():
        setters[name](made, value)
    vars(kind)[_GIVEN].__set__(made, rest)
    return made


def _look(self: Any, name: str) -> Any:
    """The value of a field that has none yet. Python asks here for whatever an object does not have."""
    about = _ABOUT[type(self)]
    # What was made in the usual way is read from nothing: asking for that ends here, too.
    if name not in about.fields:
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
    given = self._given
    if callable(given):
        for one, value in given().items():
            about.setters[one](self, value)
        return getattr(self, name)
    if name in given:
        read = about.readers.get(name)
        if read is None:
            read = about.readers[name] = about.reader(name)
        value = read(given[name])
    elif name in about.factories:
        value = about.factories[name]()
    elif name in about.defaults:
        value = about.defaults[name]
    else:
        raise AttributeError(f"a {type(self).__name__} was written without its {name!r}")
    about.setters[name](self, value)
    return value


_SHARED = {"__eq__": _equal, "__repr__": _repr, "__getattr__": _look}
_FROZEN = {
    "__hash__": _hash,
    "__setattr__": _refuse_setting,
    "__delattr__": _refuse_deleting,
    # The usual way to restore a copy sets attributes.
    "__getstate__": _state,
    "__setstate__": _restore,
}
