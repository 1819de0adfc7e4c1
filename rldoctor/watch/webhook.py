"""News as JSON to a URL of the user's. Whatever goes wrong is a warning, never the end of the watch."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from rldoctor import __version__
from rldoctor.errors import UsageError
from rldoctor.model.run import Run
from rldoctor.report import words
from rldoctor.report.clean import clean
from rldoctor.report.numbers import finite
from rldoctor.watch import wording
from rldoctor.watch.memory import Event

TIMEOUT = 10.0
# What could not be sent is tried again with the next news; older messages than these are dropped.
MAX_UNSENT = 100


class Webhook:
    """Posts events in order, and keeps those that could not be sent for the next time."""

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        """``timeout`` in seconds. UsageError for anything but an http or https address with a host."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError("--webhook: expected an http:// or https:// address")
        self.url, self.timeout, self.host = url, timeout, parts.hostname
        # Messages in the order of their news, oldest first.
        self.unsent: list[dict[str, Any]] = []

    def send(self, events: Sequence[Event]) -> str:
        """Post the events, after those that failed before; a sentence when it failed, else nothing.

        The address itself is never in that sentence: for most services it is the password.
        """
        waiting = [*self.unsent, *map(payload, events)]
        self.unsent = waiting[-MAX_UNSENT:]
        more = len(waiting) - len(self.unsent)
        dropped = f"; {more} older messages were dropped" if more else ""
        while self.unsent:
            problem = self._post(self.unsent[0])
            if problem:
                return f"webhook at {self.host}: {problem}; tried again at the next look{dropped}"
            del self.unsent[0]
        return ""

    def _post(self, message: dict[str, Any]) -> str:
        """Send one message; what went wrong, or nothing."""
        from http.client import HTTPException
        from urllib.error import HTTPError
        from urllib.request import Request

        body = json.dumps(message, allow_nan=False).encode()
        headers = {"Content-Type": "application/json", "User-Agent": f"rldoctor/{__version__}"}
        try:
            request = Request(self.url, data=body, headers=headers, method="POST")
            with _opener().open(request, timeout=self.timeout):
                return ""
        except HTTPError as error:
            error.close()
            return f"answered {error.code}"
        except (OSError, ValueError, HTTPException) as error:
            return clean(getattr(error, "reason", "") or error) or type(error).__name__


def _opener() -> Any:
    """An opener that follows no redirect: urllib would turn the POST into a GET and call that success."""
    from urllib.request import HTTPRedirectHandler, build_opener

    class Stay(HTTPRedirectHandler):
        def redirect_request(self, *_: Any, **__: Any) -> None:
            return None

    return build_opener(Stay)


def payload(event: Event) -> dict[str, Any]:
    """The message of one event, as ``docs/watch.md`` describes it."""
    run, root = event.diagnosis.run, event.root
    head = f"{wording.name(event.diagnosis)}: {wording.headline(event)}"
    return {
        "schema": 1,
        "change": event.change.value,
        # The keys under which chat services look for the text.
        "text": head,
        "content": head,
        "details": wording.details(event),
        "step": finite(run.last_step),
        "verdict": event.diagnosis.verdict,
        "run": _run(run),
        "finding": {
            "code": clean(event.code),
            "title": clean(event.title),
            "severity": event.severity and event.severity.label,
            "severity_before": event.before and event.before.label,
            "message": clean(root.finding.message) if root else "",
            "onset": finite(root.finding.onset) if root else None,
            "explains": [clean(child.code) for child in root.explains] if root else [],
            "fix": wording.fix(root) if root else "",
        }
        if event.code
        else None,
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "id": clean(run.id),
        "path": clean(os.fspath(run.path)),
        "framework": words.framework(run),
        "algorithm": clean(run.algorithm),
        "env": clean(run.env),
        "seed": run.seed,
    }
