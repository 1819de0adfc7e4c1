"""Damage in a repository: caught where it is met, told in a Note, never hidden."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import TypeVar

from rldoctor.errors import RldoctorError
from rldoctor.model.raw import Note
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass

T = TypeVar("T")
_MISSING = pattern(r"While open a file for random read: (.+): No such file")


@dataclass(slots=True)
class RepositoryDamage:
    """Collects what could not be read of one run; the temporary folder ``root`` is left out of every text."""

    root: Path
    notes: list[Note] = field(default_factory=list)
    _metrics: dict[str, list[str]] = field(default_factory=dict)

    def attempt(self, code: str, what: str, action: Callable[[], T], default: T) -> T:
        """The result of ``action``, or ``default`` and a warning Note when it fails."""
        try:
            return action()
        except RldoctorError:
            raise
        # RocksDB, SQLite, the decoder and the SDK itself each raise their own types on damaged bytes.
        except Exception as error:
            self.notes.append(Note(code, f"{what}: {self._reason(error)}", "warning", lost=True))
            return default

    @property
    def lost(self) -> int:
        """Number of metrics that could not be read."""
        return sum(map(len, self._metrics.values()))

    def metric(self, tag: str, error: Exception) -> None:
        """Remember that the metric ``tag`` could not be read."""
        self._metrics.setdefault(self._reason(error), []).append(tag)

    def close(self) -> list[Note]:
        """Every note, with one for all metrics that failed for the same reason."""
        lost = [_lost(reason, sorted(tags)) for reason, tags in self._metrics.items()]
        return [*self.notes, *lost]

    def _reason(self, error: Exception) -> str:
        raw = error.args[0] if error.args else ""
        text = raw.decode(errors="replace") if isinstance(raw, bytes) else str(error)
        # RocksDB retries a missing table under its old suffix and reports that name.
        text = text.replace(f"{self.root}/", "").replace(".ldb", ".sst")
        missing = _MISSING.search(text)
        if missing:
            return f"the file {missing[1]} is missing"
        return text.partition("\n")[0] or type(error).__name__


def _lost(reason: str, tags: list[str]) -> Note:
    text = f"{len(tags)} metric(s) could not be read: {reason}"
    return Note("aim-metric-unreadable", text, "warning", tuple(tags), lost=True)
