"""A part that every tag of a run begins with (``worker0/train/loss``), where only it hides the framework."""

from __future__ import annotations

from dataclasses import replace

from rldoctor.datafiles.packs import Packs
from rldoctor.model.raw import Note, RawRun
from rldoctor.vocabulary.detect import detect_framework
from rldoctor.vocabulary.tables import GENERIC

# One tag shares everything with itself.
_LEAST = 3


def unprefixed(raw: RawRun, packs: Packs = ()) -> RawRun:
    """The run without what all its tags begin with, if a framework is recognised then and not before."""
    tags = raw.tags()
    parts = {tag.partition("/")[0] for tag in tags}
    if len(tags) < _LEAST or len(parts) > 1 or not all("/" in tag for tag in tags):
        return raw
    prefix = f"{parts.pop()}/"
    series = [replace(one, tag=one.tag.removeprefix(prefix)) for one in raw.series]
    note = Note("tag-prefix", f"every tag begins with '{prefix}', which is left out")
    bare = replace(raw, series=series, notes=[*raw.notes, note])
    hidden = detect_framework(raw, packs) == GENERIC and detect_framework(bare, packs) != GENERIC
    return bare if hidden else raw
