"""What was told of each run, and what of a new diagnosis is news."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from rldoctor.model.finding import Diagnosis, Outcome, Root, Severity
from rldoctor.model.run import Run

# Only these say that a finding is over. A rule that can no longer look has not passed.
OVER = (Outcome.PASSED, Outcome.NOT_APPLICABLE)


class Change(StrEnum):
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

    change: Change
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


@dataclass(slots=True)
class _Known:
    """One run: what was told of it, what waits for the second look, and how far its log went."""

    diagnosis: Diagnosis
    told: dict[str, _Told] = field(default_factory=dict)
    waiting: dict[str, Root] = field(default_factory=dict)
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

    @property
    def diagnoses(self) -> list[Diagnosis]:
        """Those of the last look."""
        return list(self._now.values())

    def look(self, diagnoses: Sequence[Diagnosis]) -> list[Event]:
        """The news in the diagnoses of all runs, after at least one log has grown."""
        self._now = {one.run.id: one for one in diagnoses}
        self._renamed()
        return [event for one in diagnoses for event in self._look(one)]

    def _look(self, diagnosis: Diagnosis) -> list[Event]:
        run = diagnosis.run
        known = self._runs.get(run.id)
        events: list[Event] = []
        first = known is None or _restarted(known, run)
        if known is None or first:
            if known is not None:
                events.append(Event(Change.RESTARTED, diagnosis, since=known.step))
            known = self._runs[run.id] = _Known(diagnosis)
        known.diagnosis, known.step, known.points = diagnosis, run.last_step, _points(run)
        events += self._found(known, at_once=first)
        return events + _gone(known)

    def _renamed(self) -> None:
        """A second start in one directory: the readers call the first run ``name#1`` from then on."""
        for name in [*self._runs]:
            if name not in self._now and f"{name}#1" in self._now:
                self._runs[f"{name}#1"] = self._runs.pop(name)

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
        known.waiting = {code: root for code, root in news.items() if code not in ready}
        return [_tell(known, root) for root in ready.values()]


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
        return Event(Change.NEW, known.diagnosis, code, title, root)
    return Event(Change.WORSE, known.diagnosis, code, title, root, before.severity, before.step)


def _gone(known: _Known) -> list[Event]:
    """Told findings whose rule looked and found nothing, twice in a row."""
    outcomes = {result.code: result.outcome for result in known.diagnosis.results}
    over = {code for code in known.told if outcomes.get(code) in OVER}
    certain = [code for code in known.told if code in over & known.absent]
    known.absent = over - set(certain)
    return [
        Event(Change.GONE, known.diagnosis, code, told.title, before=told.severity, since=told.step)
        for code in certain
        for told in [known.told.pop(code)]
    ]


def _restarted(known: _Known, run: Run) -> bool:
    """Whether the log began anew: fewer steps alone may be a step axis that is only now understood."""
    return run.last_step < known.step and _points(run) < known.points


def _points(run: Run) -> int:
    return sum(len(series) for series in run.metrics.series.values())
