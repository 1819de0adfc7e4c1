"""What was measured of the built-in rules, from the ``validation.json`` that ``rules validate`` writes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from rldoctor.model.measured import STATUSES, Measured
from rldoctor.paths import RECORDS, reference_runs
from rldoctor.plain_data import replace
from rldoctor.rulebook.schema import Rule


def builtin_records() -> Mapping[str, Measured]:
    """The record of every built-in rule, by code."""
    place = reference_runs(RECORDS)
    return load_records(place) if place is not None else {}


@lru_cache(maxsize=4)
def load_records(path: Path) -> Mapping[str, Measured]:
    """The records in a file, by code; nothing when it is damaged or of another version.

    A record only adds to a diagnosis and never stands in its way: ``rules validate --check`` is what
    complains about the file.
    """
    try:
        return dict(_records(json.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _records(tree: Mapping[str, Any]) -> Iterator[tuple[str, Measured]]:
    for code, rule in tree["rules"].items():
        # Held out where such runs exist: on the others thresholds may have been adjusted.
        split = "hold" if rule["hold"]["recall"]["of"] or not rule["all"]["recall"]["of"] else "all"
        recall, alarms = rule[split]["recall"], rule[split]["false_alarms"]
        yield (
            code,
            Measured(
                status=STATUSES[STATUSES.index(rule["status"])],
                found=int(recall["hits"]),
                shown=int(recall["of"]),
                false_alarms=int(alarms["hits"]),
                healthy=int(alarms["of"]),
                low=recall["low"],
                high=recall["high"],
                confidence=float(tree["confidence"]),
                split=split,
                first_right=int(rule["first"]["hits"]),
                first_named=int(rule["first"]["of"]),
                probability=float(rule["probability"]),
            ),
        )


def with_records(rules: Iterable[Rule], records: Mapping[str, Measured], directory: Path) -> tuple[Rule, ...]:
    """The rules, those of ``directory`` with their record; their status is the measured one unless stated.

    A rule of another pack has no record, even if it had the code of a built-in one.
    """
    return tuple(
        _with(rule, records.get(rule.code) if directory in Path(rule.path).parents else None)
        for rule in rules
    )


def _with(rule: Rule, record: Measured | None) -> Rule:
    if record is None:
        return rule
    return replace(rule, measured=record, status=rule.status if rule.status_stated else record.status)
