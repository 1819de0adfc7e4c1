"""``docs/stability.md``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from laboratory.metamorphic.score import Score

HEAD = Path(__file__).parent / "head.md"


def page(scores: Sequence[Score], runs: int) -> str:
    """The whole page."""
    head = HEAD.read_text(encoding="utf-8").format(runs=runs)
    lines = [*map(_row, scores), *_broken(scores)]
    return head + "".join(f"{line}\n" for line in lines)


def _row(one: Score) -> str:
    same, flips, roots = (f"{count / one.pairs:.1%}" for count in (one.same, one.flipped, one.roots))
    return (
        f"| {one.change} | {one.pairs:,} | {same} | {one.flipped} ({flips}) | {one.roots} ({roots}) | "
        f"{one.new_errors} | {one.made_healthy} |"
    )


def _broken(scores: Sequence[Score]) -> Iterator[str]:
    """The pairs that break a criterion, by name."""
    worst = [(one.change, pair) for one in scores for pair in one.worst]
    if not worst:
        yield "\nEvery criterion is met."
        return
    yield "\n## What breaks a criterion\n"
    yield "| run | change | before | after |"
    yield "|---|---|---|---|"
    for _, (label, one) in worst:
        before, after = (
            f"{told.verdict} {' '.join(told.errors) or told.first}" for told in (one.before, one.after)
        )
        yield f"| {label.name} | {one.change} | {before.strip()} | {after.strip()} |"
