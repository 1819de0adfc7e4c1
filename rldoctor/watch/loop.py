"""Look, speak of what is news, wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from rldoctor.errors import RuleError, UsageError
from rldoctor.model.finding import Diagnosis, Severity
from rldoctor.watch.growth import Fingerprint, fingerprint
from rldoctor.watch.memory import Event, Memory, reaches
from rldoctor.watch.pace import Pace


class Voice(Protocol):
    """Where the watch speaks."""

    def news(self, events: Sequence[Event]) -> None:
        """News of the runs; called after every look, so also with nothing."""

    def remark(self, text: str) -> None:
        """Something about the watch itself, not about a run."""

    def trouble(self, error: Exception) -> None:
        """A look that failed; the watch goes on."""


class Watch:
    """Tails the runs under one path.

    ``diagnoses`` reads and judges all of them. It is called only when a file has changed; what it raises is
    told once and tried again, except for errors of the user's own (options, rules), which pass through.
    """

    def __init__(
        self,
        path: str,
        diagnoses: Callable[[], Sequence[Diagnosis]],
        voice: Voice,
        *,
        memory: Memory,
        pace: Pace,
        exit_on: Severity | None = None,
        keep: Callable[[], None] = lambda: None,
    ) -> None:
        """``exit_on``: the severity at which :meth:`run` ends. ``keep``: called when a look has been told."""
        self.path, self.diagnoses, self.voice = path, diagnoses, voice
        self.memory, self.pace, self.exit_on = memory, pace, exit_on
        self.keep = keep
        self._seen: Fingerprint = {}
        self._said = ""

    def run(self, sleep: Callable[[float], None] = time.sleep) -> None:
        """Look again and again until ``exit_on`` is reached; KeyboardInterrupt passes through."""
        while True:
            began = time.monotonic()
            grew, events = self.look()
            if self.exit_on is not None and reaches(events, self.exit_on):
                return
            wait = self.pace.after(grew=grew, cost=time.monotonic() - began if grew else 0.0)
            if self.pace.slowest and self.memory.diagnoses:
                self._say(f"nothing new is written; looking every {wait:,.0f} s")
            sleep(wait)

    def look(self) -> tuple[bool, list[Event]]:
        """One look: whether there was anything new to read, and the news (which has been told)."""
        now = fingerprint(self.path)
        grew = bool(now) and now != self._seen
        # Taken before reading: what is written meanwhile is a reason for another look.
        self._seen = now
        if not now:
            self._say(f"waiting: nothing is at {self.path} yet")
        events = self._read() if grew else self.memory.settle()
        self.voice.news(events)
        self.keep()
        return grew, events

    def _read(self) -> list[Event]:
        try:
            diagnoses = self.diagnoses()
        except (UsageError, RuleError):
            raise
        except Exception as error:  # a file that vanished, a log of which only the start is written
            self._seen = {}
            if self._said != (said := f"{type(error).__name__}: {error}"):
                self.voice.trouble(error)
            self._said = said
            return []
        self._said = ""
        return self.memory.look(diagnoses)

    def _say(self, text: str) -> None:
        """A remark, unless it was the last one and nothing happened since."""
        if text != self._said:
            self.voice.remark(text)
        self._said = text
