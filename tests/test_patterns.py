"""A pattern is compiled when it is used, and then is that pattern."""

from __future__ import annotations

import re

import pytest

from rldoctor.patterns import pattern


def test_it_does_what_the_compiled_one_does() -> None:
    late, soon = pattern("a(b)?", re.IGNORECASE), re.compile("a(b)?", re.IGNORECASE)
    for text in ("AB", "xa", ""):
        assert bool(late.fullmatch(text)) == bool(soon.fullmatch(text))
        assert late.sub("-", text) == soon.sub("-", text)
    assert late.pattern == soon.pattern


def test_a_wrong_one_is_an_error_when_it_is_used() -> None:
    wrong = pattern("(")
    with pytest.raises(re.error):
        wrong.match("a")
