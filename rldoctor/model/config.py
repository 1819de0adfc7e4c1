"""The hyperparameters of a run, in canonical names and units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from rldoctor.model.raw import RawSetting
from rldoctor.plain_data import dataclass

KnobValue = float | int | bool | str


@dataclass(frozen=True, slots=True)
class Knob:
    """One canonical hyperparameter.

    ``value`` is in the canonical unit (``buffer_capacity``: transitions over all environments; ``tau``:
    share of new weights). ``written`` is the value as the user wrote it under ``key`` (their framework's
    word), ``source`` where it stands (``args.yml:12``), ``note`` how the unit was resolved.
    """

    name: str
    value: KnobValue
    key: str
    written: object
    source: str
    note: str = ""

    def number(self) -> float | None:
        """The value as a float (True is 1.0), or None when it is text."""
        return None if isinstance(self.value, str) else float(self.value)


@dataclass(frozen=True, slots=True)
class RunConfig:
    """Canonical knob -> value, plus everything that was written and not understood."""

    knobs: Mapping[str, Knob] = field(default_factory=dict)
    unmapped: tuple[RawSetting, ...] = ()

    def __contains__(self, name: object) -> bool:
        """Whether the knob is known."""
        return name in self.knobs

    def __iter__(self) -> Iterator[str]:
        """Known knob names."""
        return iter(self.knobs)

    def get(self, name: str) -> Knob | None:
        """The knob, or None."""
        return self.knobs.get(name)

    def number(self, name: str) -> float | None:
        """The knob's value as a float, or None when it is unknown or text."""
        knob = self.knobs.get(name)
        return None if knob is None else knob.number()
