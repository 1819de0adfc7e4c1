"""Our ``dataclass`` behaves as the standard library's."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import textwrap
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


class Methods:
    """A base class without fields."""

    __slots__ = ()

    def shout(self) -> str:
        return repr(self).upper()


@ours(slots=True)
class Counter(Methods):
    """Fields that change, below a class of methods."""

    name: str
    seen: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.seen.append(0)


def test_a_base_class_of_methods_is_usual() -> None:
    assert not isinstance(vars(Counter)["__init__"], type(Methods.shout))
    one = Counter("a")
    assert (one.seen, one.shout()) == ([0], "COUNTER(NAME='A', SEEN=[0])")
    with pytest.raises(TypeError):
        hash(one)


def test_many_objects_are_made_as_few_are() -> None:
    made = [Measured("kl", place=place) for place in range(20)]
    assert [one.place for one in made] == list(range(20))
    assert made[0] == made[-1]
    counted = [Counter("a", seen=[3]) for _ in range(20)]
    assert [one.seen for one in counted] == [[3, 0]] * 20


@pytest.mark.parametrize(
    ("given", "named"),
    [((), {}), (("a", 1.0, {}, 1, 2), {}), (("a",), {"none": 1}), (("a",), {"name": "b"})],
)
def test_the_first_object_of_a_class_can_be_wrong_too(given: tuple[Any, ...], named: dict[str, Any]) -> None:
    @ours(frozen=True, slots=True)
    class Fresh:
        name: str
        value: float = 1.0
        notes: Mapping[str, str] = field(default_factory=dict)
        place: int = 0

    with pytest.raises(TypeError):
        Fresh(*given, **named)
    assert Fresh("a").value == 1.0


def test_its_signature_is_known_before_there_is_an_object() -> None:
    @ours(frozen=True, slots=True)
    class Fresh:
        name: str
        value: float = 1.0

    assert str(inspect.signature(Fresh)) == "(name, value=1.0)"


@pytest.mark.parametrize("body", ["one: int = 1\ntwo: str", "one: int = field(default={})", "one = field()"])
def test_what_the_standard_library_refuses_is_refused(body: str) -> None:
    code = f"@ours(frozen=True, slots=True)\nclass Wrong:\n{textwrap.indent(body, '    ')}"
    with pytest.raises((TypeError, ValueError)):
        exec(f"from __future__ import annotations\n{code}", {"ours": ours, "field": field})


@ours(frozen=True, slots=True)
class Read:
    """Read field by field."""

    text: str
    size: int = 7
    notes: list[str] = field(default_factory=list)


def reader(looks: list[str]) -> Any:
    def read(name: str) -> Any:
        looks.append(name)
        return lambda value: f"<{value}>"

    return plain_data.later(Read, read)


def test_fields_are_read_when_they_are_looked_at() -> None:
    looks: list[str] = []
    one = reader(looks)({"text": "a", "notes": "b"})
    assert looks == []
    assert (one.text, one.size, one.notes, one.text) == ("<a>", 7, "<b>", "<a>")
    assert looks == ["text", "notes"]
    with pytest.raises(AttributeError, match="no attribute 'else_'"):
        _ = one.else_
    with pytest.raises(AttributeError, match="without its 'text'"):
        _ = reader(looks)({}).text
    assert reader(looks)({"text": "a"}) == Read("<a>")
    assert reader(looks)({"text": "a"}).notes == []


def test_replacing_leaves_the_rest_unread() -> None:
    looks: list[str] = []
    one = reader(looks)({"text": "a", "size": "b"})
    changed: Any = plain_data.replace
    other = changed(one, text="new")
    assert looks == []
    assert (other.text, other.size, one.text) == ("new", "<b>", "<a>")
    assert changed(Read("a"), size=1) == Read("a", 1)
    assert changed(Measured("a"), place=1).place == 1


def test_a_changed_copy_reads_no_more_fields_and_keeps_what_was_changed_before() -> None:
    looks: list[str] = []
    one = reader(looks)({"text": "a", "size": 3})
    twice = plain_data.replace(plain_data.replace(one, text="b"), notes=["n"])
    assert looks == []
    assert (twice.text, twice.size, twice.notes) == ("b", "<3>", ["n"])
    assert one.text == "<a>"
    with pytest.raises(TypeError):
        plain_data.replace(one, none=1)


def test_unfinished_objects_are_made_when_a_missing_field_is_asked_for() -> None:
    made: list[str] = []

    def rest() -> Mapping[str, Any]:
        made.append("once")
        return {"value": 2.0, "notes": {}, "place": 1}

    one: Any = plain_data.unfinished(Measured, {"name": "kl"}, rest)
    assert (one.name, made) == ("kl", [])
    assert (one.value, one.place, made) == (2.0, 1, ["once"])
    for finished in (one, plain_data.unfinished(Measured, {"name": "kl"}, rest)):
        assert pickle.loads(pickle.dumps(finished)) == Measured("kl", 2.0, {}, 1)
    with pytest.raises(AttributeError):
        _ = one.none
