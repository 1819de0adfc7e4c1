"""What hides a framework's tags: parts in front of them (``worker0/train/loss``), or another case.

``agent0/train/approx_kl`` is Stable-Baselines3's KL of one agent. Read by its last word alone it would lose
its sign, its window and its framework, so the parts in front are taken away before frameworks are looked for.
Of several agents all are read; the first one is judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rldoctor.datafiles.packs import Packs
from rldoctor.model.raw import Note, RawRun, RawSeries
from rldoctor.patterns import pattern
from rldoctor.plain_data import replace
from rldoctor.vocabulary.detect import detect_framework
from rldoctor.vocabulary.naming import AGENT
from rldoctor.vocabulary.tables import GENERIC, load_table

# One tag shares everything with itself.
_LEAST = 3
# Beside the framework's own tags a program logs a few of its own, without the part in front.
_SHARE = 0.5
_TRIED = 6
_DIGITS = pattern(r"\d+")
# Where a part in front ends: a folder, a dot, or a numbered word (``agent_0_loss``).
_ENDS = pattern(r"[/.]|(?<=\d)_")


def recognised(raw: RawRun, packs: Packs = ()) -> tuple[RawRun, str]:
    """The run with plain tags, and its framework: by the tags as they are, else by what they hide."""
    name = detect_framework(raw, packs)
    if name != GENERIC or len(raw.tags()) < _LEAST:
        return raw, name
    for bare in _plainer(raw):
        if (name := detect_framework(bare, packs)) != GENERIC:
            return bare, name
    for bare in (raw, *_plainer(raw)):
        if _one_case(bare) and (name := detect_framework(bare, packs, folded=True)) != GENERIC:
            return _recased(bare, name, packs), name
    return raw, GENERIC


def _plainer(raw: RawRun) -> Iterator[RawRun]:
    """Without what most tags begin with, the longest such part last."""
    tags = raw.tags()
    counts = Counter(front for tag in tags for front in {_DIGITS.sub("#", one) for one in _fronts(tag)})
    common = [front for front, count in counts.items() if count >= max(_LEAST, _SHARE * len(tags))]
    for front in sorted(common, key=lambda one: (-counts[one], len(one)))[:_TRIED]:
        yield _without(raw, front)


def _fronts(tag: str) -> list[str]:
    return [tag[: match.end()] for match in _ENDS.finditer(tag) if match.end() < len(tag)]


def _without(raw: RawRun, front: str) -> RawRun:
    """The run without a part in front of its tags, which becomes the agent where there are several."""
    parts = {tag: _part(tag, front) for tag in raw.tags()}
    found = sorted({part for part in parts.values() if part}, key=_natural)
    series = [_bare(one, parts[one.tag], several=len(found) > 1) for one in raw.series]
    shown = ", ".join(f"'{part}'" for part in found[:4]) + (" ..." if len(found) > 4 else "")
    left = len(raw.tags()) - sum(map(bool, parts.values()))
    text = f"{'most' if left else 'all'} tags begin with {shown}, which is left out"
    return _noted(raw, text + (f"; '{found[0]}' is judged" if len(found) > 1 else ""), series)


def _part(tag: str, front: str) -> str:
    return next((one for one in _fronts(tag) if _DIGITS.sub("#", one) == front), "")


def _natural(part: str) -> tuple[int, str]:
    """By number: ``agent10`` comes behind ``agent2``."""
    number = _DIGITS.search(part)
    return (int(number[0]) if number else 0, part)


def _bare(one: RawSeries, part: str, *, several: bool) -> RawSeries:
    if not part:
        return one
    context = {**one.context, AGENT: part.rstrip("/._")} if several else one.context
    return replace(one, tag=one.tag[len(part) :], context=context)


def _one_case(raw: RawRun) -> bool:
    """Whether a program has put all of its tags in upper, or all in lower case."""
    text = "".join(raw.tags())
    return text != "" and (text == text.upper() or text == text.lower())


def _recased(raw: RawRun, framework: str, packs: Packs) -> RawRun:
    """The run with its tags as the framework's table spells them."""
    rows = list(load_table(framework, packs).metrics)
    known = {row.lower(): row for row in reversed(rows) if "*" not in row}
    wild = [(start, end) for row in rows if row.count("*") == 1 for start, end in (row.split("*"),)]
    series = [replace(one, tag=_spelled(one.tag, known, wild)) for one in raw.series]
    return _noted(raw, f"tags are read as {framework} spells them, in upper and lower case", series)


def _spelled(tag: str, known: Mapping[str, str], wild: Sequence[tuple[str, str]]) -> str:
    low = tag.lower()
    if low in known:
        return known[low]
    for start, end in wild:
        if low.startswith(start.lower()) and low.endswith(end.lower()) and len(tag) > len(start) + len(end):
            return start + tag[len(start) : len(tag) - len(end)] + end
    return tag


def _noted(raw: RawRun, text: str, series: Sequence[RawSeries]) -> RawRun:
    return replace(raw, notes=[*raw.notes, Note("tag-prefix", text)], series=list(series))
