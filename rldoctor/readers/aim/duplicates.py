"""Runs whose curves are the same bit for bit: a rerun with the same seed, or a copy."""

from __future__ import annotations

from hashlib import blake2b

from rldoctor.model.raw import Note, RawRun

# Aim's own measurements of the machine never repeat, and say nothing about the training.
SYSTEM_PREFIX = "__system__"


def note_duplicates(runs: list[RawRun]) -> None:
    """Add a note to every run with the curves of an earlier one in ``runs``; ids are full hashes."""
    seen: dict[bytes, str] = {}
    for run in runs:
        key = _fingerprint(run)
        first = seen.setdefault(key, run.id) if key else run.id
        if first != run.id:
            text = f"Every curve is identical to that of run {first}: the same seed again, or a copy."
            run.notes.append(Note("aim-duplicate-run", text, "warning"))


def _fingerprint(run: RawRun) -> bytes:
    """Digest of tags, contexts, steps and values, or nothing for a run without a curve of two points."""
    curves = [series for series in run.series if not series.tag.startswith(SYSTEM_PREFIX)]
    # Single points agree by chance: a score of 1 at the end of a run says nothing.
    if max((series.steps.size for series in curves), default=0) < 2:
        return b""
    digest = blake2b(digest_size=16)
    for series in curves:
        # The size is part of the text: without it the end of one array could pass for the start of the next.
        digest.update(repr((series.tag, sorted(series.context.items()), series.steps.size)).encode())
        digest.update(series.steps.tobytes())
        digest.update(series.values.tobytes())
    return digest.digest()
