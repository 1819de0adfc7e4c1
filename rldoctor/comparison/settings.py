"""The configuration of an arm: what its runs agree on, without what differs between any two runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from rldoctor.comparison.criteria import CompareCriteria
from rldoctor.model.comparison import Arm
from rldoctor.model.config import Knob
from rldoctor.model.run import Run
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass
from rldoctor.redaction import Hidden

MAX_TEXT = 80
_COMPUTED = ("derived from", "default, through", "fixed by")
_WORD = pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of an arm. ``texts`` are its values as written over the runs, one where they agree.

    ``values`` are the canonical ones. ``default``: a documented default that the log does not state;
    ``computed``: follows from other settings.
    """

    name: str
    key: str
    texts: tuple[str, ...]
    values: tuple[str, ...]
    knob: str = ""
    default: bool = False
    computed: bool = False

    @property
    def text(self) -> str:
        """The value, or the values of an arm that mixes several."""
        return " | ".join(self.texts)


def settings_of(arm: Arm, criteria: CompareCriteria) -> dict[str, Setting]:
    """The settings of an arm by canonical knob, or by the user's key where no knob is known."""
    found: dict[str, list[Setting]] = {}
    for run in arm.runs:
        for setting in _settings(run, criteria):
            found.setdefault(setting.name, []).append(setting)
    return {name: _joined(parts) for name, parts in found.items()}


def mixed(settings: Mapping[str, Setting]) -> list[Setting]:
    """Settings on which the runs of one arm do not agree."""
    return [one for one in settings.values() if len(one.values) > 1 and not one.computed]


def _settings(run: Run, criteria: CompareCriteria) -> Iterable[Setting]:
    used = set()
    # Canonical knobs first: `polyak: 0.995` and `tau: 0.005` are one setting, compared in one unit.
    for knob in run.config.knobs.values():
        used.add(knob.key)
        if knob.name not in criteria.bookkeeping["knobs"]:
            yield _of_knob(knob)
    for raw in run.config.unmapped:
        # A key that stands in two files counts once; paths, names and dates differ between any two runs and
        # mean nothing.
        if raw.key not in used and not is_bookkeeping(raw.key, criteria):
            used.add(raw.key)
            text = shown(raw.value)
            yield Setting(raw.key, raw.key, (text,), (_plain(raw.value),))


def _of_knob(knob: Knob) -> Setting:
    return Setting(
        name=knob.name,
        key=knob.key,
        texts=(shown(knob.written),),
        values=(_plain(knob.value),),
        knob=knob.name,
        default=knob.source.startswith("default of"),
        computed=knob.source.startswith(_COMPUTED),
    )


def _joined(parts: Sequence[Setting]) -> Setting:
    first = parts[0]
    # By value and not by text: 3e-4 in one file and 0.0003 in the other agree.
    by_value = {one.values[0]: one.texts[0] for one in parts}
    return Setting(
        name=first.name,
        key=first.key,
        texts=tuple(by_value.values()),
        values=tuple(sorted(by_value)),
        knob=first.knob,
        default=all(one.default for one in parts),
        computed=all(one.computed for one in parts),
    )


def is_bookkeeping(key: str, criteria: CompareCriteria) -> bool:
    """Whether a key names a run rather than a choice: paths, names, seeds, dates."""
    lower = key.lower()
    # The last part of a dotted key (`train.output_dir`): frameworks nest the same names differently.
    last = re.split(r"[./]", lower)[-1]
    lists = criteria.bookkeeping
    return (
        last in lists["words"]
        or lower in lists["top_words"]
        or any(word in lists["any_words"] for word in words_of(key))
    )


def words_of(key: str) -> list[str]:
    """The lower-case words of a key, at dots, underscores and capitals: ``useAMP`` is ``use``, ``amp``."""
    return [word.lower() for word in _WORD.findall(key)]


def shown(value: object) -> str:
    """A value for people: ``true`` and ``false`` as in configuration files, long ones cut."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 3]}..."


def _plain(value: object) -> str:
    """A text that is equal for equal values: 1 and 1.0, True and ``true``, 30000 and ``3e4``."""
    if isinstance(value, Hidden):
        return value.mark
    text = str(value).strip().lower()
    try:
        # Numbers by value, whichever way they were written; everything else as lower-case text.
        return repr(float(text))
    except ValueError:
        return text
