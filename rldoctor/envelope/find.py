"""Where envelopes are looked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rldoctor.envelope.store import OWN_DIR, bundled_dir, envelopes_in
from rldoctor.errors import UsageError
from rldoctor.model.envelope import Envelope

AUTO, OFF = "auto", "off"


def envelopes(
    choices: Sequence[Path | str | Envelope],
    package: Path,
    here: Path | None = None,
    about: Sequence[str] = (),
) -> tuple[Envelope, ...]:
    """Every envelope that a run may be compared with, the user's own first; none for ``off``.

    ``choices``: envelopes, and then only these; or ``auto``, ``off``, files or directories; files and
    directories are looked at before the
    ``rldoctor-references`` of the current directory (``here``) and the bundled ones of ``package``, of which
    only those are taken apart in which the texts ``about`` stand (an algorithm, an environment).

    Raises:
        UsageError: ``off`` with something else, a path that does not exist. ReadError: a damaged file.
    """
    given = tuple(choice for choice in choices if isinstance(choice, Envelope))
    # Envelopes that are handed over are a decision; nothing of the disk may get in between.
    if given:
        return given
    named = [choice for choice in map(str, choices) if choice not in (AUTO, OFF)]
    if OFF in map(str, choices):
        if len(set(map(str, choices))) > 1:
            raise UsageError("--reference off cannot stand beside another --reference")
        return ()
    # From the nearest to the most general: named, in the current directory, shipped. match.py takes the
    # first place that has one.
    own = (here or Path()) / OWN_DIR
    bundled = bundled_dir(package)
    places = [*map(Path, named), *([own] if own.is_dir() else []), *([bundled] if bundled else [])]
    found: list[Envelope] = []
    for place in places:
        inside = envelopes_in(place, about if place == bundled else ())
        # More runs first: their band is the better known one.
        found += sorted(inside, key=lambda one: -len(one.members))
    return tuple(found)
