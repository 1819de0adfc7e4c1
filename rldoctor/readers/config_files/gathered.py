"""All configuration of a directory, broken files noted instead of raised."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path

from rldoctor.errors import ReadError
from rldoctor.model.raw import Note, RawSetting
from rldoctor.plain_data import dataclass
from rldoctor.readers.config_files.locate import config_files


@dataclass(slots=True)
class Gathered:
    """Settings and notes of some configuration files, and the names of those files."""

    settings: list[RawSetting] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def gather(directory: Path, *, shown: str = "") -> Gathered:
    """Read the configuration files of ``directory``; ``shown`` goes before their names (``../``)."""
    found = Gathered()
    closed: list[str] = []
    files = config_files(directory, closed)
    for text in closed:
        found.notes.append(Note("broken-config", f"{shown}{text}", "warning", lost=True))
    for path in files:
        from rldoctor.readers.config_files.read import read_config_file  # only where there is a file to read

        name = path.relative_to(directory).as_posix()
        try:
            settings = read_config_file(path, name=f"{shown}{name}", notes=found.notes)
        except ReadError as error:
            found.notes.append(Note("broken-config", str(error), "warning", lost=True))
            continue
        except Exception as error:  # whatever a parser raises costs this file only
            text = f"{path}: not readable: {type(error).__name__}: {error}"
            found.notes.append(Note("broken-config", text, "warning", lost=True))
            continue
        found.settings.extend(settings)
        found.files.append(f"{shown}{name}")
    return found
