"""A labelled run and what the diagnosis said about it, reduced to what is scored."""

from __future__ import annotations

from dataclasses import dataclass

from rldoctor.model.finding import Severity


@dataclass(frozen=True, slots=True)
class Label:
    """What is known of a run (``run.yaml``).

    ``shows``: whether the fault can be seen in the log; None for a healthy run and for a sick one that nobody
    has judged yet. ``roots``: codes any of which is the right headline, the best first. ``onset``: step from
    which the fault acts, 0 from the start. ``steps``: length of the run. ``task``: environment and variant.
    """

    name: str
    fault: str = ""
    shows: bool | None = None
    roots: tuple[str, ...] = ()
    symptoms: tuple[str, ...] = ()
    onset: float = 0.0
    steps: float = 0.0
    split: str = "tune"
    algo: str = ""
    task: str = ""

    @property
    def healthy(self) -> bool:
        """No fault was planted."""
        return not self.fault

    @property
    def sick(self) -> bool:
        """A fault was planted and shows."""
        return bool(self.fault) and self.shows is True

    @property
    def hidden(self) -> bool:
        """A fault was planted, and the run overcame it or cannot show it."""
        return bool(self.fault) and self.shows is False

    @property
    def unlabelled(self) -> bool:
        """A fault was planted, and nobody has judged whether it shows."""
        return bool(self.fault) and self.shows is None


@dataclass(frozen=True, slots=True)
class SeenFinding:
    """One finding. ``weight`` is the level of the root cause it is or is folded under, ``level`` its own."""

    code: str
    level: Severity
    weight: Severity
    onset: float | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """The diagnosis of a run: root causes as ranked, findings folded under them, rules that could look."""

    verdict: str
    roots: tuple[SeenFinding, ...] = ()
    folded: tuple[SeenFinding, ...] = ()
    looked: frozenset[str] = frozenset()
    broken: tuple[str, ...] = ()

    def found(self, code: str, least: Severity) -> SeenFinding | None:
        """The finding with that code when it is at ``least`` or above, as a root or folded."""
        every = (*self.roots, *self.folded)
        return next((one for one in every if one.code == code and one.level >= least), None)


@dataclass(frozen=True, slots=True)
class DiagnosedRun:
    """A labelled run with its diagnosis."""

    label: Label
    seen: Seen
