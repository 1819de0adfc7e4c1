"""The corpora: inputs of each target that together reach what fuzzing reached, a few kilobytes each.

``python tests/fuzz/corpora.py DIR`` makes them of the inputs in ``DIR/TARGET`` (``search.py --keep DIR``):
the smallest first, each kept that reaches a line from another than those before it.
"""

from __future__ import annotations

import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

HERE = Path(__file__).parent
CORPORA = HERE / "corpora"
# Bytes of a corpus: what is over that is left out, largest last.
MOST = 48_000
_OURS = f"{HERE.parents[1] / 'rldoctor'}/"
Arc = tuple[str, int, int]


def inputs(name: str) -> list[bytes]:
    """The inputs of a target's corpus, and those that it began from."""
    from seeds import seeds

    path = CORPORA / f"{name}.zip"
    if not path.is_file():
        return [*seeds()[name]]
    with zipfile.ZipFile(path) as archive:
        return [*seeds()[name], *map(archive.read, archive.namelist())]


def unpacked(name: str, folder: Path) -> None:
    """A target's corpus as files."""
    for number, data in enumerate(inputs(name)):
        (folder / f"corpus-{number:04d}").write_bytes(data)


def smallest(name: str, found: Iterable[bytes]) -> Iterator[bytes]:
    """Of the inputs those that are needed to reach what all of them reach."""
    from targets import TARGETS

    seen: set[Arc] = set()
    size = 0
    with tempfile.TemporaryDirectory() as folder:
        for data in sorted(set(found), key=lambda one: (len(one), one)):
            reached = _arcs(TARGETS[name].use, data, Path(folder))
            if reached <= seen or size + len(data) > MOST:
                continue
            seen |= reached
            size += len(data)
            yield data


def _arcs(use: Any, data: bytes, folder: Path) -> set[Arc]:
    """The steps from line to line of this program that an input takes."""
    from rldoctor.errors import RldoctorError

    arcs: set[Arc] = set()
    before: dict[int, int] = {}

    def line(frame: FrameType, event: str, _: object) -> Any:
        if event == "line":
            arcs.add((frame.f_code.co_filename, before.get(id(frame), 0), frame.f_lineno))
            before[id(frame)] = frame.f_lineno
        return line

    def call(frame: FrameType, event: str, _: object) -> Any:
        before.pop(id(frame), None)
        return line if frame.f_code.co_filename.startswith(_OURS) else None

    sys.settrace(call)
    try:
        with suppress(RldoctorError):
            use(data, folder)
    finally:
        sys.settrace(None)
    return arcs


def main(folder: Path) -> None:
    """Make every corpus of which there are inputs."""
    from seeds import seeds

    CORPORA.mkdir(exist_ok=True)
    for name, began in seeds().items():
        if not (folder / name).is_dir():
            continue
        files = sorted((folder / name).iterdir())
        kept = list(smallest(name, [*began, *(path.read_bytes() for path in files)]))
        with zipfile.ZipFile(CORPORA / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for number, data in enumerate(one for one in kept if one not in began):
                # A fixed time, so that the same inputs are the same archive.
                archive.writestr(zipfile.ZipInfo(f"{number:04d}"), data, zipfile.ZIP_DEFLATED)
        print(f"{name}: {len(kept)} of {len(files)}, {sum(map(len, kept)):,} bytes", flush=True)


if __name__ == "__main__":
    sys.path[:0] = [str(HERE.parent), str(HERE.parent / "rulebook")]
    main(Path(sys.argv[1]))
