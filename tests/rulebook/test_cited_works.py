"""``references.yaml`` of a pack: works that rules cite by an id, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from every import every
from rulebook_samples import replaced

from rldoctor.api import rules
from rldoctor.errors import RuleError
from rldoctor.paths import builtin_rules_dir
from rldoctor.rulebook.loader import load_pack
from rldoctor.rulebook.sources import sources_of
from rldoctor.yamlio import load_yaml

SOURCES = """\
schema: 1
references:
  notes: {title: Notes of our laboratory}
  book: {title: The Book (A. Author), url: "https://example.org/book"}
"""
RULE = """\
code: TOY-01
severity: warning
title: High
failure_title: Low
requires: [entropy]
when: median(entropy) < 0
message: Low.
passed_message: Fine.
false_positives: [A log in another unit.]
references: [book, notes]
"""
Pack = Callable[..., Path]


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """A pack with its sources and one rule that cites them, each with changes."""

    def make(*changes: tuple[str, str], sources: str = SOURCES) -> Path:
        (tmp_path / "toy").mkdir(exist_ok=True)
        (tmp_path / "toy" / "low.yaml").write_text(replaced(RULE, *changes))
        (tmp_path / "references.yaml").write_text(sources)
        return tmp_path

    return make


def cited(pack: Path) -> list[tuple[str, str]]:
    (rule,) = load_pack([pack], tests=False)
    return [(one.title, one.url) for one in rule.references]


def problems(pack: Path) -> list[str]:
    with pytest.raises(RuleError) as caught:
        load_pack([pack], tests=False)
    return [f"{Path(one.file).name}:{one.line}:{one.column}: {one.text}" for one in caught.value.problems]


def test_a_rule_cites_by_an_id_a_part_or_a_title_of_its_own(pack: Pack) -> None:
    own = '[{of: book, on: chapter 3}, {of: notes, on: page 7}, book, {title: Mine, url: "https://example.org"}]'
    assert cited(pack(("[book, notes]", own))) == [
        ("The Book (A. Author; chapter 3)", "https://example.org/book"),
        ("Notes of our laboratory (page 7)", ""),
        ("The Book (A. Author)", "https://example.org/book"),
        ("Mine", "https://example.org"),
    ]


def test_built_in_works_may_be_cited_and_own_ones_come_first(pack: Pack) -> None:
    sources = SOURCES.replace("  book:", "  ppo-details: {title: My PPO}\n  book:")
    place = pack(("[book, notes]", "[book, notes, ppo-details, rl-debugging]"), sources=sources)
    assert [title for title, _ in cited(place)][2:] == [
        "My PPO",
        "Debugging RL, Without the Agonizing Pain (A. Jones)",
    ]
    found = {rule.code: rule for rule in rules([place])}
    assert "My PPO" not in {one.title for one in found["POL-03"].references}


@every(
    ("written", "found"),
    [
        ("[bok, book, notes]", ["14: unknown reference 'bok' (did you mean 'book'?)"]),
        ("[{of: bok}, book, notes]", ["19: unknown reference 'bok' (did you mean 'book'?)"]),
        (
            "[{of: book, title: Mine}, notes]",
            ["14: 'of' and 'title': a shared reference"],
        ),
        ("[{url: x}, book, notes]", ["14: 'title' is missing (or 'of': one that"]),
        (
            "[{title: A, on: b}, book, notes]",
            ["25: 'on' is the part of a shared reference"],
        ),
        (
            "[{titel: A}, book, notes]",
            ["14: 'title' is missing", "15: unknown key 'titel'"],
        ),
        ("[3, book, notes]", ["14: expected text, found a number"]),
        (
            "[Book, book, notes]",
            ["14: 'Book' must be lower-case", "14: unknown reference"],
        ),
        ("3", ["13: "]),
    ],
)
def test_what_is_wrong_is_told_at_its_place(pack: Pack, written: str, found: list[str]) -> None:
    told = problems(pack(("[book, notes]", written)))
    mine = [one.removeprefix("low.yaml:10:") for one in told if one.startswith("low.yaml:10:")]
    assert len(mine) == len(found), told
    assert all(one.startswith(wanted) for one, wanted in zip(mine, found, strict=True)), told


@every(
    ("old", "new", "problem"),
    [
        ("title: Notes", "titel: Notes", "3:11: unknown key 'titel' (did you mean 'title'?)"),
        ("  notes:", "  Notes:", "3:3: 'Notes' must be lower-case words joined by hyphens"),
        ("references:", "reference:", "2:1: unknown key 'reference' (did you mean 'references'?)"),
        ("schema: 1", "schema: 1: 2", "1:10: "),
    ],
)
def test_what_is_wrong_in_the_file_stands_there(pack: Pack, old: str, new: str, problem: str) -> None:
    found = problems(pack(sources=replaced(SOURCES, (old, new))))
    assert any(one.startswith(f"references.yaml:{problem}") for one in found), found


def test_a_work_that_no_rule_cites_is_a_problem(pack: Pack) -> None:
    place = pack(("[book, notes]", "[notes]"))
    assert problems(place) == ["references.yaml:4:3: no rule of this pack cites 'book'"]


def test_every_built_in_work_is_cited_by_several_rules() -> None:
    addresses = [one.url for rule in rules() for one in rule.references]
    works = sources_of([builtin_rules_dir()])
    assert len({work["url"] for work in works.values()}) == len(works) > 30
    assert [name for name, work in works.items() if addresses.count(work["url"]) < 2] == []


def test_a_shared_work_is_cited_by_its_id() -> None:
    shared = {work["url"]: name for name, work in sources_of([builtin_rules_dir()]).items()}
    written = {
        (path.stem, shared[one["url"]])
        for path in builtin_rules_dir().glob("*/*.yaml")
        if not path.name.endswith(".test.yaml")
        for one in load_yaml(path)["references"]
        if isinstance(one, dict) and one.get("url") in shared
    }
    assert written == set(), "cite it by its id: {of: id, on: part}"
