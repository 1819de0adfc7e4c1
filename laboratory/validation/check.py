"""A fresh evaluation against a committed one: which figures got worse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from laboratory.validation.document import SPLITS
from rldoctor.model.measured import STATUSES

HIGHER, LOWER = 1, -1
# Which way each figure gets better.
DIAGNOSIS = {
    "root_first": HIGHER,
    "root_found": HIGHER,
    "healthy_alarmed": LOWER,
    "hidden_alarmed": LOWER,
}
FAULT = {"root_first": HIGHER, "root_found": HIGHER}
RULE = {"recall": HIGHER, "as_root": HIGHER, "false_alarms": LOWER}


@dataclass(frozen=True, slots=True)
class Worse:
    """A figure that was better in the committed file."""

    figure: str
    before: str
    now: str


def worse(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Worse]:
    """Every figure of ``before`` that is worse in ``now``; one that only one of them has is not judged."""
    found: list[Worse] = []
    for split in SPLITS:
        found += _rates(split, before, now, DIAGNOSIS, "diagnosis")
        found += _onset(split, _at(before, "diagnosis", split), _at(now, "diagnosis", split))
        for fault in _at(before, "faults"):
            found += _rates(split, before, now, FAULT, "faults", fault)
        for code in _at(before, "rules"):
            found += _rates(split, before, now, RULE, "rules", code)
            found += _loud(
                f"{code} ({split})", _at(before, "rules", code, split), _at(now, "rules", code, split)
            )
    for code, rule in _at(before, "rules").items():
        found += _status(code, rule, _at(now, "rules", code))
    return found


def _at(tree: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """The mapping under the keys, an empty one where there is none."""
    for key in keys:
        tree = tree.get(key) or {}
    return tree


def _rates(
    split: str, before: Mapping[str, Any], now: Mapping[str, Any], better: Mapping[str, int], *keys: str
) -> Iterator[Worse]:
    for name, direction in better.items():
        old, new = _at(before, *keys, split, name), _at(now, *keys, split, name)
        if not old.get("of") or not new.get("of"):
            continue
        # Compared as fractions of whole numbers: rounding must hide nothing.
        if direction * new["hits"] * old["of"] < direction * old["hits"] * new["of"]:
            yield Worse(f"{' '.join(keys)} {name} ({split})", _counted(old), _counted(new))


def _counted(rate: Mapping[str, Any]) -> str:
    return f"{rate['hits']} of {rate['of']}"


def _onset(split: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Worse]:
    old, new = (_at(part, "onset_error").get("median_percent") for part in (before, now))
    if old is not None and new is not None and new > old:
        yield Worse(f"diagnosis onset_error ({split})", f"{old} %", f"{new} %")


def _loud(name: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Worse]:
    key = "false_alarms_at_error"
    if key in before and now.get(key, 0) > before[key]:
        yield Worse(f"{name} {key}", str(before[key]), str(now[key]))


def _status(code: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Worse]:
    old, new = before.get("status"), now.get("status")
    if old in STATUSES and new in STATUSES and STATUSES.index(new) < STATUSES.index(old):
        yield Worse(f"rules {code} status", old, new)
