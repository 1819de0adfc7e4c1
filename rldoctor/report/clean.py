"""Text from a log is untrusted: what may reach a terminal, a page or a file."""

from __future__ import annotations

from rldoctor.patterns import pattern

_ANSI = pattern(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_CONTROL = pattern("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_SURROGATE = pattern("[\ud800-\udfff]")


def clean(text: object) -> str:
    """``text`` on one line without escape sequences, control or bidirectional-override characters."""
    plain = str(text)
    # Nearly all text is plain, and three searches of each piece of it are a tenth of a report.
    if not (plain.isascii() and plain.isprintable()):
        plain = _CONTROL.sub("", _ANSI.sub("", encodable(plain)))
    return " ".join(plain.split())


def encodable(text: object) -> str:
    """``text`` that UTF-8 can write: lone surrogates (undecodable file names) become U+FFFD."""
    plain = str(text)
    return plain if plain.isascii() else _SURROGATE.sub("\ufffd", plain)
