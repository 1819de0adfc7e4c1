"""What is a URL, and what of it may be shown."""

from __future__ import annotations

from rldoctor.patterns import pattern

# Two characters at least: ``C:\runs`` is a drive.
_URL = pattern(r"^[A-Za-z][A-Za-z0-9+.\-]+://")
_SECRET = pattern(r"(?<=://)[^/@\s]*@")
_QUERY = pattern(r"\?[^\s:]*")


def is_url(text: str) -> bool:
    """Whether a path of the command line is a URL (``s3://...``, ``zip://...::s3://...``)."""
    return "://" in text and _URL.match(text) is not None


def shown(text: str) -> str:
    """The text without what logs in: a user and password in front of a host, and every query."""
    return _QUERY.sub("", _SECRET.sub("", text))


def below(url: str, rest: str) -> str:
    """The URL of ``/a/b`` below a folder; in an archive (``zip://runs::s3://...``) the first part has it."""
    head, mark, tail = url.partition("::")
    return head.rstrip("/") + rest + mark + tail if not head.endswith("//") else head + rest[1:] + mark + tail


def above(url: str) -> str:
    """The URL of the folder of a file."""
    head, mark, tail = url.partition("::")
    return head.rpartition("/")[0] + mark + tail
