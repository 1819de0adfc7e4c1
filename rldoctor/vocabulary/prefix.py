"""What hides a framework's tags: a part that all begin with (``worker0/train/loss``), or upper case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rldoctor.datafiles.packs import Packs
from rldoctor.model.raw import Note, RawRun, RawSeries
from rldoctor.vocabulary.detect import detect_framework
from rldoctor.vocabulary.tables import GENERIC

# One tag shares everything with itself.
_LEAST = 3


def unprefixed(raw: RawRun, packs: Packs = ()) -> RawRun:
    """The run with plain tags, where a framework is recognised by those and not before."""
    if len(raw.tags()) < _LEAST or detect_framework(raw, packs) != GENERIC:
        return raw
    return next((bare for bare in _plainer(raw) if detect_framework(bare, packs) != GENERIC), raw)


def _plainer(raw: RawRun) -> Iterator[RawRun]:
    """Without what all tags begin with; in lower case; both."""
    prefix = _common(raw.tags())
    bare = raw
    if prefix:
        series = [replace(one, tag=one.tag.removeprefix(prefix)) for one in raw.series]
        bare = _noted(raw, f"every tag begins with '{prefix}', which is left out", series)
        yield bare
    for made in (raw, bare) if prefix else (raw,):
        if not any(character.islower() for tag in made.tags() for character in tag):
            lower = [replace(part, tag=part.tag.lower()) for part in made.series]
            yield _noted(made, "tags in upper case are read as in lower case", lower)


def _common(tags: set[str]) -> str:
    parts = {tag.partition("/")[0] for tag in tags}
    return f"{parts.pop()}/" if len(parts) == 1 and all("/" in tag for tag in tags) else ""


def _noted(raw: RawRun, text: str, series: list[RawSeries]) -> RawRun:
    return replace(raw, notes=[*raw.notes, Note("tag-prefix", text)], series=series)
