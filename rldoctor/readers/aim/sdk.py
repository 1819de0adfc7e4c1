"""The package ``aim``: is it there, and does it understand the repository."""

from __future__ import annotations

from pathlib import Path

from rldoctor.errors import MissingExtraError, ReadError
from rldoctor.model.extras import aim_hint
from rldoctor.model.raw import Note


def require_aim() -> None:
    """Raise ``MissingExtraError`` with the install line when the Aim SDK cannot be imported."""
    try:
        import aim.sdk.repo  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            f"reading an Aim repository needs the package 'aim' ({error})", hint=aim_hint()
        ) from error


def check_version(repo: Path) -> list[Note]:
    """Notes on the format version of ``repo``; ``ReadError`` when the installed Aim cannot read it."""
    from aim.sdk.repo import DATA_VERSION

    known: tuple[int, int] = tuple(DATA_VERSION)[:2]
    found = _version(repo)
    if found is None:
        return _without_version(repo)
    if found[0] != known[0]:
        raise _unreadable(repo, found, known)
    # An older minor format is upgraded by Aim itself, in our copy. A newer one may hold what the installed
    # Aim does not know.
    if found > known:
        text = f"Repository format {_dots(found)} is newer than the {_dots(known)} of the installed Aim."
        return [Note("aim-newer-format", text, "warning")]
    return []


def _version(repo: Path) -> tuple[int, int] | None:
    """(major, minor) as written in the repository, or None where there is no VERSION file."""
    path = repo / "VERSION"
    try:
        parts = [int(part) for part in path.read_text(encoding="ascii").strip().split(".")]
        return parts[0], parts[1] if len(parts) > 1 else 0
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ReadError(f"{path}: not a readable format version such as 1.3 ({error})") from error


def _without_version(repo: Path) -> list[Note]:
    # The file is easily left behind when a repository is copied, and Aim 2 has no such folders.
    if (repo / "meta" / "chunks").is_dir():
        return [
            Note("aim-no-version", "The repository has no VERSION file; it was read as the current format.")
        ]
    raise ReadError(
        f"{repo}: no VERSION file and no meta/chunks folder: written by Aim 2, or copied only in part",
        hint="Convert an Aim 2 repository with 'aim storage upgrade 2to3', or copy the whole .aim folder.",
    )


def _unreadable(repo: Path, found: tuple[int, int], known: tuple[int, int]) -> ReadError:
    newer = found > known
    return ReadError(
        f"{repo}: repository format {_dots(found)}, but the installed Aim reads {known[0]}.x",
        hint="pip install --upgrade aim"
        if newer
        else "Convert it with 'aim storage upgrade' of the Aim that wrote it.",
    )


def _dots(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
