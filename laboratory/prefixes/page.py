"""``docs/earlier.md``: how early, and how sure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from laboratory.prefixes.calibration import (
    Claim,
    brier,
    class_claims,
    mapped,
    monotone,
    reliability,
    root_claims,
)
from laboratory.prefixes.measure import Prefix, numbers, right_from, seen
from laboratory.validation.cases import Label
from laboratory.validation.collect import bundled_runs

HEAD, SURE = (Path(__file__).parent / name for name in ("head.md", "sure.md"))
Cuts = Mapping[Label, Sequence[Prefix]]


def page(runs: Cuts) -> str:
    """The whole page."""
    lines = [*_early(runs), "", *_healthy(runs), "", *_sure(runs)]
    return HEAD.read_text(encoding="utf-8") + "".join(f"{line}\n" for line in lines)


def starts(runs: Cuts, split: str) -> list[float | None]:
    """For each sick run of a split, the share from which on its first root is right; None: never."""
    return [
        right_from(label, list(parts))
        for label, parts in runs.items()
        if label.sick and split in ("all", label.split)
    ]


def median_start(runs: Cuts, split: str = "all") -> float:
    """The share by which half of the sick runs have the right first root for good; infinite: fewer do."""
    found = [2.0 if one is None else one for one in starts(runs, split)]
    middle = float(np.sort(found)[(len(found) - 1) // 2]) if found else 2.0
    return middle if middle <= 1 else float("inf")


def _early(runs: Cuts) -> Iterator[str]:
    cuts = numbers()["cuts"]
    yield "| sick runs | " + " | ".join(f"by {cut:.0%}" for cut in cuts) + " | never | half by |"
    yield "|---" * (len(cuts) + 3) + "|"
    for split in ("tune", "hold", "all"):
        found = starts(runs, split)
        by = [sum(one is not None and one <= cut for one in found) for cut in cuts]
        shares = " | ".join(f"{count} ({count / max(len(found), 1):.0%})" for count in by)
        never = sum(one is None for one in found)
        yield f"| {split}, {len(found)} | {shares} | {never} | {median_start(runs, split):.0%} |"


def _healthy(runs: Cuts) -> Iterator[str]:
    parts = [(label, part) for label, cuts in runs.items() if label.healthy for part in cuts]
    wrong = [(label, part) for label, part in parts if part.errors]
    warned = sum(part.verdict == "warning" for _, part in parts)
    yield (
        f"Of {len(parts):,} prefixes of healthy runs {len(wrong)} have an error and {warned} a warning"
        f"{':' if wrong else '.'}"
    )
    for label, part in wrong:
        yield f"\n- `{label.name}` at {part.share:.0%}: {', '.join(part.errors)}"


def _sure(runs: Cuts) -> Iterator[str]:
    yield SURE.read_text(encoding="utf-8")
    whole = [(label, part) for label, parts in runs.items() for part in parts if part.share == 1]
    every = [(label, part) for label, parts in runs.items() for part in parts]
    noted = [(label, part, seen(bundled_runs() / label.name)) for label, part in whole]
    for split in ("tune", "hold"):
        claims = list(class_claims([one for one in noted if one[0].split == split]))
        yield from _table(f"class, whole runs, {split} split", claims)
    for title, pairs in (("whole runs", whole), ("all prefixes", every)):
        held, tuned = (
            list(root_claims([pair for pair in pairs if pair[0].split == split]))
            for split in ("hold", "tune")
        )
        yield from _table(f"first root, {title}, hold split", held)
        if held and tuned:
            text = f"the same after a monotone map fitted on the tune split ({len(tuned)} claims)"
            yield from _table(text, mapped(held, monotone(tuned)))


def _table(title: str, claims: Sequence[Claim]) -> Iterator[str]:
    bins = reliability(claims)
    if not bins:
        return
    yield f"**{title}** ({len(claims)} claims, Brier score {brier(claims):.3f})"
    yield ""
    yield "| said | " + " | ".join(f"{one.said:.2f}" for one in bins) + " |"
    yield "|---" * (len(bins) + 1) + "|"
    yield "| true | " + " | ".join(f"{one.true:.2f}" for one in bins) + " |"
    yield "| claims | " + " | ".join(str(one.claims) for one in bins) + " |"
    yield ""
