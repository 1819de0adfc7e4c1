"""Notes about the state of one event file."""

from __future__ import annotations

from collections.abc import Iterator

from rldoctor.model.raw import Note
from rldoctor.readers.tensorboard.eventfile import EventFile

_DAMAGE = {
    "bad-length": "{size} bytes at offset {offset} have no valid record header; skipped to the next one",
    "bad-tail": "the last {size} bytes (from offset {offset}) have no valid record header; not read",
    "zero-tail": "the last {size} bytes (from offset {offset}) are zeros; nothing was written there",
    "truncated": "ends inside a record ({size} bytes at offset {offset}): "
    "the run was killed or is still writing; the points before it are complete",
}
# What a writer that was killed, or is still writing, leaves behind: all before it is whole.
_HARMLESS = frozenset({"truncated", "zero-tail"})


def file_notes(file: EventFile) -> Iterator[Note]:
    """Everything odd about the bytes of one file, counted."""
    name = file.path.name
    for damage in file.damage:
        text = _DAMAGE[damage.kind].format(size=damage.size, offset=damage.offset)
        level = "info" if damage.kind in _HARMLESS else "warning"
        code = "truncated-file" if damage.kind == "truncated" else damage.kind
        yield Note(code, f"{name}: {text}", level, lost=True)
    if file.corrupt:
        text = f"{file.corrupt} of {file.records} records have a wrong checksum; skipped"
        yield Note("corrupt-records", f"{name}: {text}", "warning", lost=True)
    if file.unparsable:
        text = f"{file.unparsable} records are no valid event; skipped"
        yield Note("unparsable-records", f"{name}: {text}", "warning", lost=True)
    if file.strange_tags:
        text = f"{len(file.strange_tags)} tags are not UTF-8; unreadable bytes were replaced"
        yield Note("non-utf8-tag", f"{name}: {text}", tags=tuple(file.strange_tags))
    backwards = tuple(
        tag for tag, columns in file.scalars.items() if bool((columns.steps[1:] < columns.steps[:-1]).any())
    )
    if backwards:
        text = f"{len(backwards)} series go back in steps within the file; kept as logged"
        yield Note("steps-go-back", f"{name}: {text}", tags=backwards)
