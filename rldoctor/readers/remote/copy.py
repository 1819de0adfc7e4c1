"""A folder or file behind a URL as a local folder whose files come when they are opened."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote

from rldoctor.errors import MissingExtraError, ReadError
from rldoctor.readers.remote.fetching import Counts, Remote, place
from rldoctor.readers.remote.mirrored import ROOTS, MirroredPath
from rldoctor.readers.remote.url import above, shown

INSTALL = "pip install 'rl-training-doctor[remote]'"
_PACKAGES = {
    "s3": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "hf": "huggingface_hub",
    "sftp": "paramiko",
    "ssh": "paramiko",
    "http": "aiohttp",
    "https": "aiohttp",
    "az": "adlfs",
    "abfs": "adlfs",
}
# More files are a data set, or the wrong folder.
_MOST = 50_000
_STAMPS = (
    "ETag",
    "etag",
    "md5Hash",
    "content_hash",
    "blob_id",
    "oid",
    "Last-Modified",
    "LastModified",
    "mtime",
)
_TIMES = ("mtime", "LastModified", "last_modified", "modified", "updated", "created")
# Kept until the program ends: reports look at the files once more.
_FOLDERS: list[TemporaryDirectory[str]] = []


def opened(url: str) -> tuple[MirroredPath, Counts]:
    """The local stand-in of what ``url`` points at, and how much of it has been fetched.

    MissingExtraError when fsspec or the package of the protocol is missing, ReadError when the URL cannot be
    listed or holds nothing. No credentials are in the messages.
    """
    system, root = _system(url)
    try:
        single = _is_file(system, root)
        # The folder of a file too: its configuration lies beside it.
        files = list(_files(system, root, single))
    except ReadError:
        raise
    except Exception as error:  # each file system raises errors of its own
        raise _failed(url, error) from error
    if not files:
        raise ReadError(f"{shown(url)}: nothing there", hint="Check the URL; a folder needs files below it.")
    return _placed(url, system, root, files, single)


def _system(url: str) -> tuple[Any, str]:
    try:
        import fsspec
    except ImportError:
        raise MissingExtraError(f"{shown(url)}: reading a URL needs fsspec", hint=INSTALL) from None
    try:
        return fsspec.core.url_to_fs(url)  # type: ignore[no-any-return]
    except ImportError as error:
        raise MissingExtraError(f"{shown(url)}: {shown(str(error))}", hint=_package(url)) from error
    except Exception as error:  # an unknown protocol, credentials of a wrong form
        raise _failed(url, error) from error


def _package(url: str) -> str:
    """What to install for a protocol."""
    names = {
        _PACKAGES[part] for part in (one.partition("://")[0] for one in url.split("::")) if part in _PACKAGES
    }
    return f"pip install {' '.join(sorted(names))}" if names else INSTALL


def _failed(url: str, error: Exception) -> ReadError:
    text = shown(str(error).replace(url, shown(url))) or type(error).__name__
    hint = "Check the URL and the credentials, which fsspec looks up as the tools of the service do."
    return ReadError(f"{shown(url)}: cannot be listed: {type(error).__name__}: {text}", hint=hint)


def _is_file(system: Any, root: str) -> bool:
    if not _is_web(system):
        return bool(system.isfile(root))
    # The web knows no folders: a page of links is one.
    return "html" not in str(system.info(root).get("mimetype", "")) and not root.endswith("/")


def _is_web(system: Any) -> bool:
    protocols = system.protocol if isinstance(system.protocol, tuple | list) else (system.protocol,)
    return "http" in protocols or "https" in protocols


def _files(system: Any, root: str, single: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """Path below the folder, with what the file system says of the file."""
    if single and _is_web(system):
        yield posixpath.basename(root), {**system.info(root), "name": root}
        return
    folder = posixpath.dirname(root) if single else root
    found = system.find(folder, detail=True, maxdepth=1 if single else None)
    if len(found) > _MOST:
        raise ReadError(f"{shown(folder)}: {len(found):,} files", hint="Give the folder of the run.")
    for name, about in found.items():
        below = unquote(name[len(folder) :]) if _is_web(system) else name.removeprefix(folder)
        if (place_in := _harmless(below)) and about.get("type", "file") == "file":
            known = about if about.get("size") is not None else {**about, **system.info(name)}
            yield place_in, {**known, "name": name}


def _harmless(name: str) -> str:
    """A relative path that stays in its folder; empty where it would not."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    return "" if ".." in parts or any("\\" in part or "\0" in part for part in parts) else "/".join(parts)


def _placed(
    url: str, system: Any, root: str, files: list[tuple[str, dict[str, Any]]], single: bool
) -> tuple[MirroredPath, Counts]:
    holder = TemporaryDirectory(prefix="rldoctor-")
    _FOLDERS.append(holder)
    # Named like the folder it stands for, in a folder of its own: what lies above is looked at too.
    title = posixpath.basename(shown(root).rstrip("/")) or "remote"
    folder = Path(holder.name).resolve() / "remote" / ("files" if single else title)
    ROOTS[str(folder)] = above(shown(url)) if single else shown(url)
    counts = Counts()
    for below, about in files:
        remote = Remote(system, about["name"], int(about.get("size") or 0), _stamp(about), counts, [])
        place(folder / below, remote, _modified(about))
    return MirroredPath(folder / posixpath.basename(root) if single else folder), counts


def _stamp(about: dict[str, Any]) -> str:
    return " ".join(str(about[key]) for key in _STAMPS if about.get(key))


def _modified(about: dict[str, Any]) -> float | None:
    value = next((about[key] for key in _TIMES if about.get(key)), None)
    if isinstance(value, datetime):
        return value.timestamp()
    return float(value) if isinstance(value, int | float) else None
