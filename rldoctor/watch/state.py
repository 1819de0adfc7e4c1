"""What a watch remembers from one start to the next: the file of ``--state``.

JSON: ``schema``, ``watched`` (the path), ``runs`` (by id: how far the log went, what was told, what waits for
a second look) and ``unsent`` (messages that the webhook has not taken yet). It holds no address of a webhook.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from rldoctor.errors import UsageError
from rldoctor.files import read_text, write_whole
from rldoctor.watch.memory import Memory, Recorded
from rldoctor.watch.webhook import Webhook

SCHEMA = 1
MAX_BYTES = 64 << 20
_HINT = "a state belongs to one watched path: name another file, or delete this one to begin anew"


class State:
    """Loads what an earlier watch remembered, and keeps it up to date."""

    def __init__(self, path: str | Path, watched: str) -> None:
        """``watched``: the path or pattern that is watched; the file may not lie in it.

        Raises:
            UsageError: it does (the watch would see its own writing as news, and never writes there), or its
                folder does not exist.
        """
        self.path = Path(path)
        self.watched = os.path.abspath(watched)  # noqa: PTH100 - it may be a pattern, and may not exist yet
        self._written = ""
        where = self.path.resolve()
        if where.is_relative_to(Path(self.watched).resolve()):
            raise UsageError(f"--state {path} lies in what is watched", hint="nothing is written there")
        if not where.parent.is_dir():
            raise UsageError(f"--state {path}: the folder {where.parent} does not exist")

    def restore(self, memory: Memory, webhook: Webhook | None) -> None:
        """Give back what the file holds; nothing where there is no file yet.

        Raises:
            UsageError: the file cannot be read, is no state, or is one of another path or a newer version.
        """
        try:
            data = json.loads(read_text(self.path, MAX_BYTES))
        except FileNotFoundError:
            return
        except (OSError, ValueError, RecursionError) as error:
            raise UsageError(f"--state {self.path}: {error}", hint=_HINT) from None
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            raise UsageError(f"--state {self.path} is not a state file of this version of watch", hint=_HINT)
        if data.get("watched") != self.watched:
            raise UsageError(f"--state {self.path} is that of {data.get('watched')}", hint=_HINT)
        try:
            memory.restore({name: Recorded.parse(one) for name, one in data["runs"].items()})
            unsent = [dict(message) for message in data["unsent"]]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UsageError(f"--state {self.path} is damaged: {error!r}", hint=_HINT) from None
        if webhook is not None:
            webhook.unsent = unsent

    def keep(self, memory: Memory, webhook: Webhook | None) -> str:
        """Write what is remembered now, if that has changed; what went wrong, or nothing.

        The file is replaced as a whole: a watch that is killed leaves the old one or the new one.
        """
        text = self._text(memory, webhook)
        if text == self._written:
            return ""
        try:
            write_whole(text, self.path)
        except OSError as error:
            return f"--state {self.path}: {error.strerror or error}; the watch goes on"
        self._written = text
        return ""

    def _text(self, memory: Memory, webhook: Webhook | None) -> str:
        runs: dict[str, Any] = {name: one.document() for name, one in memory.recorded().items()}
        unsent = webhook.unsent if webhook is not None else []
        tree = {"schema": SCHEMA, "watched": self.watched, "runs": runs, "unsent": unsent}
        return json.dumps(tree, indent=1, sort_keys=True, allow_nan=False) + "\n"
