"""Every source that a rule names is on a list that says whether it was read, and by whom."""

from __future__ import annotations

from pathlib import Path

from rldoctor.api import rules

LIST = Path(__file__).with_name("references_checked.txt")
HOW = {"read", "excerpt", "opened", "copy"}


def checked() -> dict[str, str]:
    lines = [
        line.split() for line in LIST.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    ]
    return {url: how for how, url in lines}


def test_every_source_is_on_the_list() -> None:
    named = {one.url: rule.code for rule in rules() for one in rule.references}
    assert "" not in named, "a source has an address"
    assert {url: code for url, code in named.items() if url not in checked()} == {}
    assert sorted(set(checked()) - set(named)) == [], "not named any more: take it off the list"


def test_the_list_says_how() -> None:
    assert set(checked().values()) <= HOW
    assert len(checked()) == len([one for one in LIST.read_text().splitlines() if not one.startswith("#")])


def test_one_address_is_one_work() -> None:
    """Titles of one paper may say which part is meant, but not name two papers."""
    titles: dict[str, set[str]] = {}
    for rule in rules():
        for one in rule.references:
            if "arxiv.org" in one.url:
                titles.setdefault(one.url, set()).add(
                    one.title.partition("(")[0].partition("?")[0].strip().lower()[:18]
                )
    assert {url: found for url, found in titles.items() if len(found) > 1} == {}
