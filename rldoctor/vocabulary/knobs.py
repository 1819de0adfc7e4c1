"""Raw settings -> the run's configuration in canonical names and units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rldoctor.model.config import Knob, RunConfig, Value
from rldoctor.model.raw import Note, RawSetting
from rldoctor.model.run import Wording
from rldoctor.vocabulary.assumed import add_constants, add_defaults
from rldoctor.vocabulary.candidates import Candidate, find_candidates, override
from rldoctor.vocabulary.derive import derive
from rldoctor.vocabulary.special import READERS, Reading
from rldoctor.vocabulary.spelling import spell
from rldoctor.vocabulary.tables import Table
from rldoctor.vocabulary.units import convert


@dataclass(slots=True)
class Resolved:
    """The configuration, how the framework spells each knob, and what was odd."""

    config: RunConfig
    wording: dict[str, Wording]
    notes: list[Note] = field(default_factory=list)


def resolve_settings(
    settings: Sequence[RawSetting], table: Table, algorithm: str, overrides: Sequence[RawSetting] = ()
) -> Resolved:
    """Canonical knobs from what was written.

    ``overrides`` are the user's own (``--set``): framework keys first, then canonical names in canonical
    units; UsageError for any other key on the command line. Among several settings for one knob the least
    nested key wins, then the order of the table; a contradiction is noted. Values that cannot be read stay
    in ``unmapped``.
    """
    found, unmapped = find_candidates(settings, table, algorithm)
    mine = [(one, override(one, table, algorithm, order)) for order, one in enumerate(overrides)]
    unmapped += [setting for setting, candidate in mine if candidate is None]
    readings, spare = _read([*(candidate for _, candidate in mine if candidate is not None), *found])
    chosen, notes = _elect(readings)
    knobs: dict[str, Knob] = {}
    values = {name: reading.value for name, (_, reading) in chosen.items()}
    raw = {setting.key: setting for setting in (*settings, *overrides)}
    for name, (candidate, reading) in chosen.items():
        knobs[name] = _knob(candidate, reading, values, raw)
    add_constants(knobs, table, algorithm)
    add_defaults(knobs, table, algorithm)
    derive(knobs)
    wording = spell(knobs, table, algorithm, chosen)
    return Resolved(RunConfig(knobs, (*unmapped, *spare)), wording, notes)


def _read(candidates: Iterable[Candidate]) -> tuple[list[tuple[Candidate, Reading]], list[RawSetting]]:
    readings, spare = [], []
    for candidate in candidates:
        found = READERS[candidate.rule.parse](candidate.rule.knob, candidate.setting.value)
        readings += [(candidate, reading) for reading in found]
        if not found:
            spare.append(candidate.setting)
    return readings, spare


def _elect(
    readings: Sequence[tuple[Candidate, Reading]],
) -> tuple[dict[str, tuple[Candidate, Reading]], list[Note]]:
    chosen: dict[str, tuple[Candidate, Reading]] = {}
    notes = []
    for candidate, reading in sorted(readings, key=lambda pair: (pair[0].rank, pair[0].order)):
        held = chosen.setdefault(reading.knob, (candidate, reading))
        if held[0].setting.key == candidate.setting.key and held[1].value != reading.value:
            text = (
                f"{candidate.setting.key} is {held[0].setting.value!r} in {held[0].setting.source} and "
                f"{candidate.setting.value!r} in {candidate.setting.source}; the first is used"
            )
            notes.append(Note("config-conflict", text, "warning"))
    return chosen, notes


def _knob(
    candidate: Candidate, reading: Reading, values: Mapping[str, Value], raw: Mapping[str, RawSetting]
) -> Knob:
    value, note = reading.value, reading.note or candidate.rule.note
    if reading.plain and not isinstance(value, str):
        value, doubts = convert(candidate.rule, reading, values, raw)
        note = "; ".join(part for part in (reading.note, candidate.rule.note, *doubts) if part)
    setting = candidate.setting
    return Knob(reading.knob, value, setting.key, setting.value, setting.source, note)
