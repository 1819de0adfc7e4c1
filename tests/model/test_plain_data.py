"""Our ``dataclass`` behaves as the standard library's."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Mapping
from dataclasses import field
from typing import Any, ClassVar

import pytest

from rldoctor import plain_data

# Seen as ``Any``: a type checker takes it for the standard library's.
ours: Any = plain_data.dataclass


@ours(frozen=True, slots=True)
class Measured:
    """A class with every kind of default."""

    name: str
    value: float = 1.0
    notes: Mapping[str, str] = field(default_factory=dict, hash=False)
    place: int = field(default=0, compare=False, repr=False)

    @property
    def twice(self) -> float:
        return 2 * self.value


@dataclasses.dataclass(frozen=True, slots=True)
class Reference:
    name: str
    value: float = 1.0
    notes: Mapping[str, str] = field(default_factory=dict, hash=False)
    place: int = field(default=0, compare=False, repr=False)


@ours(frozen=True, slots=True)
class Narrower(Measured):
    unit: str = "steps"


@ours(frozen=True, slots=True)
class Empty:
    pass


@ours(frozen=True, slots=True)
class Written:
    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.text.strip())

    def __repr__(self) -> str:
        return "own"

    def __eq__(self, other: object) -> bool:
        return True


ARGUMENTS = [
    (("kl",), {}),
    (("kl", 2.0), {}),
    (("kl",), {"notes": {"a": "b"}, "place": 3}),
    ((), {"name": "kl", "value": float("inf")}),
]


@pytest.mark.parametrize(("given", "named"), ARGUMENTS)
def test_same_fields_text_and_comparison(given: tuple[Any, ...], named: dict[str, Any]) -> None:
    one, other = Measured(*given, **named), Reference(*given, **named)
    assert dataclasses.asdict(one) == dataclasses.asdict(other)
    assert repr(one) == repr(other).replace("Reference", "Measured")
    assert one == Measured(*given, **{**named, "place": 9})
    assert one != other
    assert one != Measured("else")
    assert hash(one) == hash(Measured(*given, **{**named, "place": 9}))
    assert len({one, Measured(*given, **named)}) == 1


def test_defaults_are_not_shared() -> None:
    assert Measured("a").notes is not Measured("b").notes


def test_nothing_can_be_changed_added_or_deleted() -> None:
    one = Measured("kl")
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.name = "x"
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.other = "x"
    with pytest.raises(dataclasses.FrozenInstanceError):
        del one.name
    assert not hasattr(one, "__dict__")


def test_copies() -> None:
    one = Measured("kl", 3.0, {"a": "b"}, 4)
    for again in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert again == one
        assert again.place == 4
    assert dataclasses.replace(one, value=5.0) == Measured("kl", 5.0, {"a": "b"})


def test_patterns_and_signature() -> None:
    match Measured("kl", 2.0):
        case Measured(name, value):
            assert (name, value) == ("kl", 2.0)
    assert list(inspect.signature(Measured).parameters) == list(inspect.signature(Reference).parameters)


@pytest.mark.parametrize(("given", "named"), [((), {}), (("a", 1.0, {}, 1, 2), {}), (("a",), {"none": 1})])
def test_wrong_arguments_are_errors(given: tuple[Any, ...], named: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Measured(*given, **named)


def test_subclasses() -> None:
    one = Narrower("kl", unit="shares")
    assert (one.name, one.value, one.unit, one.twice) == ("kl", 1.0, "shares", 2.0)
    assert one != Measured("kl")


def test_no_field() -> None:
    assert Empty() == Empty()
    assert repr(Empty()) == "Empty()"


def test_what_a_class_defines_itself_stays() -> None:
    assert Written(" x ").text == "x"
    assert repr(Written("x")) == "own"
    assert Written("x") == Written("y")


def test_unusual_classes_are_the_standard_librarys() -> None:
    @ours(frozen=True, slots=True)
    class Keyword:
        kinds: ClassVar[int] = 3
        one: int = field(kw_only=True)

    @ours(slots=True)
    class Changing:
        one: int = 1

    with pytest.raises(TypeError):
        Keyword(1)
    assert Keyword(one=1).one == 1
    changing = Changing()
    changing.one = 2
    assert changing == Changing(2)
    with pytest.raises(ValueError, match="mutable default"):

        @ours(frozen=True, slots=True)
        class Shared:
            one: list = []  # noqa: RUF012
