"""In which order to undo several changes, and what may be said about them before that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rldoctor.model.comparison import BisectionStep, SettingChange, Verdict

_DIFFERENT = {Verdict.REGRESSION: "regression", Verdict.IMPROVEMENT: "improvement"}


def bisection(changes: Sequence[SettingChange]) -> tuple[BisectionStep, ...]:
    """Runs to make, in order: halves, the more suspicious half first; empty for fewer than two changes.

    A step says after which answer it is made. k changes need about log2(k) runs, not k.
    """
    return tuple(_halves(list(changes), list(changes), "first", _Counter()))


class _Counter:
    """Numbers the steps in the order in which they are listed."""

    def __init__(self) -> None:
        self.last = 0

    def next(self) -> int:
        self.last += 1
        return self.last


def _halves(
    part: list[SettingChange], every: list[SettingChange], when: str, count: _Counter
) -> Iterator[BisectionStep]:
    if len(part) < 2:
        return
    # The larger half first, and with it the more suspicious changes (they are sorted): where the suspicion
    # is right, fewer runs are needed.
    half = (len(part) + 1) // 2
    # Numbered in the order of the list, since later steps refer to the answers of earlier ones.
    number = count.next()
    first, second = part[:half], part[half:]
    # What is undone and what stays: the second list saves a mistake at the keyboard.
    yield BisectionStep(when, tuple(first), tuple(change for change in every if change not in first))
    yield from _halves(first, every, f"if step {number} brings the base's level back", count)
    yield from _halves(second, every, f"if step {number} does not", count)


def attribution(verdict: Verdict, changes: Sequence[SettingChange], one_sided: int) -> str:
    """What the configuration allows to say about the cause, never more."""
    what = _DIFFERENT.get(verdict, "difference")
    rest = f" (and {one_sided} that only one side logs)" if one_sided else ""
    # Never `nothing changed`: code, versions and machines are in no log.
    if not changes:
        return (
            f"No setting that both sides log differs{rest}: look at the code, its versions, the "
            "environment's version, and the seeds."
        )
    names = ", ".join(change.key for change in changes)
    if len(changes) == 1:
        return (
            f"One setting differs{rest}: {names}. It is the first suspect for the {what}; what no log shows "
            "(code, versions) could differ too."
        )
    return (
        f"Confounded: {len(changes)} settings changed at once{rest}: {names}. Nothing here says which of "
        f"them made the {what}, and they may act together: bisect them."
    )
