"""What was told of each run, and what of a new diagnosis is news."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import Any

from rldoctor.model.finding import Diagnosis, Outcome, Root, Severity
from rldoctor.model.run import Run
from rldoctor.plain_data import dataclass

# Only these say that a finding is over. A rule that can no longer look has not passed.
OVER = (Outcome.PASSED, Outcome.NOT_APPLICABLE)


class NewsKind(StrEnum):
    """What became of a finding, or of a run: ``RESTARTED`` when its log began anew."""

    NEW = "new"
    WORSE = "worse"
    GONE = "gone"
    RESTARTED = "restarted"


@dataclass(frozen=True, slots=True)
class Event:
    """One piece of news.

    ``root`` is the finding with what it explains (None for GONE and RESTARTED). ``before``: the severity it
    was told with (None for NEW); ``since``: the last step of the log when that was, or before the restart.
    """

    change: NewsKind
    diagnosis: Diagnosis
    code: str = ""
    title: str = ""
    root: Root | None = None
    before: Severity | None = None
    since: float | None = None

    @property
    def severity(self) -> Severity | None:
        """How bad it is now; None for GONE and RESTARTED."""
        return None if self.root is None else self.root.severity


@dataclass(slots=True)
class _Told:
    severity: Severity
    title: str
    step: float


@dataclass(frozen=True, slots=True)
class Recorded:
    """What outlives the watch, of one run. ``waiting``, ``absent``: codes that the last look saw first."""

    step: float
    points: int
    told: Mapping[str, _Told]
    waiting: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()

    def document(self) -> dict[str, Any]:
        """As plain JSON data."""
        told = {
            code: {"severity": one.severity.label, "title": one.title, "step": _finite(one.step)}
            for code, one in self.told.items()
        }
        codes = {"waiting": sorted(self.waiting), "absent": sorted(self.absent)}
        return {"step": _finite(self.step), "points": self.points, "told": told, **codes}

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Recorded:
        """What :meth:`document` made; KeyError, TypeError or ValueError for anything else."""
        told = {
            str(code): _Told(Severity.parse(one["severity"]), str(one["title"]), float(one["step"]))
            for code, one in data["told"].items()
        }
        waiting, absent = (frozenset(map(str, data[key])) for key in ("waiting", "absent"))
        return cls(float(data["step"]), int(data["points"]), told, waiting, absent)


def _finite(step: float) -> float:
    return step if math.isfinite(step) else 0.0


@dataclass(slots=True)
class _Known:
    """One run: what was told of it, what waits for the second look, and how far its log went."""

    diagnosis: Diagnosis
    told: dict[str, _Told] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)
    step: float = 0.0
    points: int = 0


class Memory:
    """Compares each diagnosis of a run with what was told before.

    Told at once: what the first look at a run finds. After that, a finding is told when two looks in a row
    have it (or the log has stopped growing), and called gone when in two looks its rule looked and found
    nothing: a value that is half written, or a number that swings about its threshold, makes no noise.
    """

    def __init__(self, least: Severity) -> None:
        """``least``: the lowest severity that is told."""
        self.least = least
        self._runs: dict[str, _Known] = {}
        self._now: dict[str, Diagnosis] = {}
        self._restored: dict[str, Recorded] = {}

    @property
    def diagnoses(self) -> list[Diagnosis]:
        """Those of the last look."""
        return list(self._now.values())

    def recorded(self) -> dict[str, Recorded]:
        """What is known of every run, those that were restored and not seen yet included."""
        now = {
            name: Recorded(k.step, k.points, dict(k.told), frozenset(k.waiting), frozenset(k.absent))
            for name, k in self._runs.items()
        }
        return {**self._restored, **now}

    def restore(self, recorded: Mapping[str, Recorded]) -> None:
        """Go on from what an earlier watch knew: what it told is not told again."""
        self._restored = dict(recorded)

    def look(self, diagnoses: Sequence[Diagnosis]) -> list[Event]:
        """The news in the diagnoses of all runs, after at least one log has grown."""
        self._now = {one.run.id: one for one in diagnoses}
        self._renamed()
        return [event for one in diagnoses for event in self._look(one)]

    def _look(self, diagnosis: Diagnosis) -> list[Event]:
        run = diagnosis.run
        known = self._runs.get(run.id) or self._recall(diagnosis)
        events: list[Event] = []
        first = known is None or _restarted(known, run)
        if known is None or first:
            if known is not None:
                events.append(Event(NewsKind.RESTARTED, diagnosis, since=known.step))
            known = self._runs[run.id] = _Known(diagnosis)
        known.diagnosis, known.step, known.points = diagnosis, run.last_step, _points(run)
        events += self._found(known, at_once=first)
        return events + _gone(known)

    def _recall(self, diagnosis: Diagnosis) -> _Known | None:
        """A run of which only an earlier watch knew."""
        old = self._restored.pop(diagnosis.run.id, None)
        if old is None:
            return None
        known = _Known(diagnosis, dict(old.told), set(old.waiting), set(old.absent), old.step, old.points)
        self._runs[diagnosis.run.id] = known
        return known

    def _renamed(self) -> None:
        """A second start in one directory: the readers call the first run ``name#1`` from then on."""
        for runs in (self._runs, self._restored):
            _rename(runs, self._now)

    def settle(self) -> list[Event]:
        """The news that waited for a second look, when there is none because the logs stopped growing."""
        return [
            event
            for identity, known in self._runs.items()
            if identity in self._now
            for event in [*self._found(known, at_once=True), *_gone(known)]
        ]

    def _found(self, known: _Known, *, at_once: bool) -> list[Event]:
        roots = {r.finding.code: r for r in known.diagnosis.roots if r.severity >= self.least}
        news = {code: root for code, root in roots.items() if _is_news(known.told.get(code), root)}
        ready = {code: root for code, root in news.items() if at_once or code in known.waiting}
        known.waiting = set(news) - set(ready)
        return [_tell(known, root) for root in ready.values()]


def _rename(runs: dict[str, Any], now: Mapping[str, Diagnosis]) -> None:
    for name in [*runs]:
        if name not in now and f"{name}#1" in now:
            runs[f"{name}#1"] = runs.pop(name)


def reaches(events: Sequence[Event], limit: Severity) -> bool:
    """Whether one of the events tells of something this severe."""
    return any(event.severity is not None and event.severity >= limit for event in events)


def _is_news(told: _Told | None, root: Root) -> bool:
    return told is None or root.severity > told.severity


def _tell(known: _Known, root: Root) -> Event:
    code, title = root.finding.code, root.finding.title
    before = known.told.get(code)
    known.told[code] = _Told(root.severity, title, known.step)
    if before is None:
        return Event(NewsKind.NEW, known.diagnosis, code, title, root)
    return Event(NewsKind.WORSE, known.diagnosis, code, title, root, before.severity, before.step)


def _gone(known: _Known) -> list[Event]:
    """Told findings whose rule looked and found nothing, twice in a row."""
    outcomes = {result.code: result.outcome for result in known.diagnosis.results}
    over = {code for code in known.told if outcomes.get(code) in OVER}
    certain = [code for code in known.told if code in over & known.absent]
    known.absent = over - set(certain)
    return [
        Event(NewsKind.GONE, known.diagnosis, code, told.title, before=told.severity, since=told.step)
        for code in certain
        for told in [known.told.pop(code)]
    ]


def _restarted(known: _Known, run: Run) -> bool:
    """Whether the log began anew: fewer steps alone may be a step axis that is only now understood."""
    return run.last_step < known.step and _points(run) < known.points


def _points(run: Run) -> int:
    return sum(len(series) for series in run.metrics.series.values())
