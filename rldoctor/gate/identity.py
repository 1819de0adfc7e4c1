"""Is this the run that a baseline knows? By name, without what differs between two executions of one job."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rldoctor.gate.globs import names_of
from rldoctor.model.run import Run
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass

KEPT_PARTS = 4
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_CLOCK = r"(?:[T_ -]?\d{2}[-_:.h]?\d{2}(?:[-_:.m]?\d{2})?(?:[.]\d+)?)?"
# 2026-05-01_12-30-00 (rsl_rl), 20260501-123000 (wandb), May04_12-33-17 (torch), 1714560000 (CleanRL).
_TIME = pattern(
    rf"(?<!\d)(?:20\d{{2}}[-_.]?[01]\d[-_.]?[0-3]\d{_CLOCK}|(?:{_MONTHS})\d{{2}}_\d{{2}}-\d{{2}}-\d{{2}}"
    r"|1\d{9}(?:\d{3}|[.]\d+)?)(?!\d)"
)
NOISE = "*"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a run is called: the last parts of its path, with ``*`` for every date and time; and what it is.

    ``algorithm``, ``env`` and ``seed`` are empty or None where the log does not say them.
    """

    parts: tuple[str, ...]
    algorithm: str = ""
    env: str = ""
    seed: int | None = None

    def same_kind(self, other: Identity) -> bool:
        """Whether algorithm, environment and seed agree as far as both are known."""
        pairs = ((self.algorithm, other.algorithm), (self.env, other.env), (self.seed, other.seed))
        return all(
            mine == theirs for mine, theirs in pairs if mine not in ("", None) and theirs not in ("", None)
        )

    def shared(self, other: Identity) -> int:
        """How many parts agree, from the last one backwards; 0 where only dates and times do."""
        count = 0
        for mine, theirs in zip(reversed(self.parts), reversed(other.parts), strict=False):
            if mine != theirs:
                break
            count += 1
        agreed = self.parts[len(self.parts) - count :]
        return count if any(re.search(r"\w", part) for part in agreed) else 0


def identity(run: Run) -> Identity:
    """The identity of a run."""
    parts = [part for part in names_of(run)[-1].split("/") if part not in ("", ".", "..")]
    named = tuple(_TIME.sub(NOISE, part) for part in parts[-KEPT_PARTS:])
    return Identity(named or (run.id,), run.algorithm, run.env, run.seed)


def match(runs: Sequence[Identity], known: Sequence[Identity]) -> list[tuple[int, ...]]:
    """For each run, the indices of the known ones that it is; empty for a run that is not known.

    The longest common ending of two names wins, so a moved folder changes nothing. Several known runs are
    one where only dates and times tell them apart. Where it cannot be told which one is meant, none is.
    """
    found: list[tuple[int, ...]] = [()] * len(runs)
    taken: set[int] = set()
    settled: set[int] = set()
    longest = max((len(one.parts) for one in (*runs, *known)), default=0)
    for length in range(longest, 0, -1):
        left = [index for index in range(len(runs)) if index not in settled]
        pairs = {run: _candidates(runs[run], known, taken, length) for run in left}
        for run, candidates in pairs.items():
            rivals = {runs[other].parts for other, theirs in pairs.items() if set(theirs) & set(candidates)}
            if candidates and len({known[one].parts for one in candidates}) == 1 == len(rivals):
                found[run] = candidates
        settled |= {run for run, candidates in pairs.items() if candidates}
        taken |= {one for candidates in pairs.values() for one in candidates}
    return found


def _candidates(run: Identity, known: Sequence[Identity], taken: set[int], length: int) -> tuple[int, ...]:
    return tuple(
        index
        for index, one in enumerate(known)
        if index not in taken and run.same_kind(one) and run.shared(one) == length
    )
