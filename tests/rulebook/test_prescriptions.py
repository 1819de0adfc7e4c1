"""``prescriptions.yaml`` of a pack: what rules take from it, what they say otherwise, what is wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from every import every
from rulebook_samples import replaced

from rldoctor.api import rules
from rldoctor.commands.rules_docs import rule_pages
from rldoctor.compiled.codec import from_plain, to_plain
from rldoctor.datafiles.sheet import Sheet
from rldoctor.errors import RuleError
from rldoctor.paths import builtin_rules_dir
from rldoctor.rulebook import build
from rldoctor.rulebook.loader import load_pack, load_rule
from rldoctor.rulebook.prescriptions import book_by, prescribe
from rldoctor.rulebook.schema import FixSpec, Rule
from rldoctor.yamlio import parse_tree

BOOK = """\
schema: 1
prescriptions:
  half-steps:
    lower: learning_rate
    to: minimum(config.learning_rate / 2, most)
    digits: 3
    else: Halve the learning rate.
    because: Smaller steps.
  look:
    text: Look at it at {level}.
    in: {rllib: Look at RLlib's own.}
    because: It is low.
"""
RULE = """\
code: TOY-01
severity: warning
title: High
failure_title: Low
requires: [entropy]
thresholds:
  most: {value: 0.5, unit: nats, range: [0, 1], note: why}
measure:
  level: {value: median(entropy)}
when: median(entropy) < most
message: Low.
passed_message: Fine.
causes:
  - {id: a, says: A, fixes: [half-steps, own, look]}
fixes:
  own: {text: Something else., because: It helps.}
expect: More.
false_positives: [A log in another unit.]
references: [{title: T}]
"""
Pack = Callable[..., Path]


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """A pack with the book and one rule, each with changes."""

    def make(*changes: tuple[str, str], book: tuple[tuple[str, str], ...] = ()) -> Path:
        (tmp_path / "toy").mkdir(exist_ok=True)
        (tmp_path / "toy" / "low.yaml").write_text(replaced(RULE, *changes))
        (tmp_path / "prescriptions.yaml").write_text(replaced(BOOK, *book))
        return tmp_path

    return make


def loaded(pack: Path) -> Rule:
    (rule,) = load_pack([pack], tests=False)
    return rule


def problems(pack: Path) -> list[str]:
    with pytest.raises(RuleError) as caught:
        load_pack([pack], tests=False)
    return [f"{Path(one.file).name}:{one.line}:{one.column}: {one.text}" for one in caught.value.problems]


def test_a_rule_takes_what_its_causes_name(pack: Pack) -> None:
    rule = loaded(pack())
    assert list(rule.fixes) == ["half-steps", "own", "look"]
    shared = rule.fixes["half-steps"]
    assert (shared.knob, shared.direction, shared.digits) == ("learning_rate", "lower", 3)
    assert (str(shared.to), shared.needs) == (
        "minimum(config.learning_rate / 2, most)",
        ("config.learning_rate",),
    )
    assert (shared.otherwise, shared.because, shared.like) == (
        "Halve the learning rate.",
        "Smaller steps.",
        "half-steps",
    )
    # Like every setting that an expression reads, it is declared by that alone.
    assert rule.config == ("learning_rate",)
    assert rule.fixes["own"].like == ""


def test_a_single_rule_sees_the_book_of_its_pack(pack: Pack) -> None:
    place = pack()
    assert load_rule(place / "toy" / "low.yaml", tests=False) == loaded(place)


def test_a_rule_says_otherwise_what_it_likes(pack: Pack) -> None:
    own = "  half-steps: {because: They overshoot., to: config.learning_rate / 3}\n  look: {expect: More.}\n"
    own += "  own:"
    rule = loaded(pack(("  own:", own), ("[half-steps, own, look]", "[look, half-steps]")))
    steps, look = rule.fixes["half-steps"], rule.fixes["look"]
    assert (steps.because, str(steps.to), steps.otherwise) == (
        "They overshoot.",
        "config.learning_rate / 3",
        "Halve the learning rate.",
    )
    assert (look.text, look.because, look.expect) == ("Look at it at {level}.", "It is low.", "More.")
    # Its own stand in the order of the file.
    assert list(rule.fixes) == ["half-steps", "look", "own"]


def test_a_fix_may_have_a_name_of_its_own(pack: Pack) -> None:
    own = "  smaller: {like: half-steps, because: They overshoot.}\n"
    own += "  glance: {like: look, text: Glance at it.}\n  own:"
    rule = loaded(pack(("  own:", own), ("half-steps, own, look", "smaller, own, glance")))
    assert [(one.id, one.like) for one in rule.fixes.values()] == [
        ("smaller", "half-steps"),
        ("glance", "look"),
        ("own", ""),
    ]
    assert rule.fixes["smaller"].knob == "learning_rate"
    assert rule.fixes["glance"].wordings == {"rllib": "Look at RLlib's own."}


def test_a_fix_that_says_what_to_do_takes_nothing(pack: Pack) -> None:
    own = "  look: {text: Look away., because: It is bright.}\n  raise: {like: look, expect: More.}\n  own:"
    rule = loaded(pack(("  own:", own), ("own, look", "own, look, raise")))
    assert (rule.fixes["look"].wordings, rule.fixes["look"].like) == ({}, "")


def test_a_fix_without_a_cause_may_be_a_shared_one(pack: Pack) -> None:
    rule = loaded(pack(("  own:", "  look: {}\n  own:"), ("half-steps, own, look", "half-steps, own")))
    assert rule.fixes["look"].because == "It is low."


def test_a_pack_refers_to_what_the_built_in_one_prescribes(pack: Pack) -> None:
    rule = loaded(pack(("own, look", "own, look, twin-critics")))
    assert rule.fixes["twin-critics"].mechanism == ("twin_critics",)


def test_what_a_pack_prescribes_is_meant_first_and_only_in_that_pack(pack: Pack) -> None:
    place = pack(
        ("half-steps, own, look", "half-steps, own, smaller-steps"),
        book=(("  look:\n    text: Look at it at {level}.", "  smaller-steps:\n    text: Step softly."),),
    )
    found = {rule.code: rule for rule in rules([place])}
    assert found["TOY-01"].fixes["smaller-steps"].text == "Step softly."
    assert found["DPO-01"].fixes["smaller-steps"].text == ""


@every(
    ("changes", "problem"),
    [
        ((("own, look", "own, lok"),), "low.yaml:14:47: unknown fix 'lok' (did you mean 'look'?)"),
        (
            (("  own:", "  lok: {because: It is low.}\n  own:"),),
            "low.yaml:16:8: a fix needs a knob ('lower', 'raise' or 'set') and 'to', or 'text', "
            "and no shared prescription has the name 'lok' (did you mean 'look'?)",
        ),
        (
            (("  own:", "  glance: {like: lok}\n  own:"),),
            "low.yaml:16:18: no shared prescription 'lok' (did you mean 'look'?)",
        ),
        (
            (("  own:", "  look: {becuase: It is low.}\n  own:"),),
            "low.yaml:16:10: unknown key 'becuase' (did you mean 'because'?)",
        ),
        ((("  own:", "  look: {text: Look.}\n  own:"),), "low.yaml:16:9: 'because' is missing"),
        (
            (("  own:", "  half-steps: {to: config.learning_rate / 3 + mots}\n  own:"),),
            "low.yaml:16:47: unknown name 'mots' (did you mean 'most'?)",
        ),
        (
            (("most:", "mots:"), ("< most", "< mots")),
            "low.yaml:14:30: the shared prescription 'half-steps': unknown name 'most' (did you mean",
        ),
        (
            (("level:", "mean:"),),
            "low.yaml:14:47: the shared prescription 'look': unknown field '{level}'",
        ),
        (
            (("level:", "mean:"), ("  own:", "  look: {expect: More.}\n  own:")),
            "low.yaml:16:9: the shared prescription 'look': unknown field '{level}'",
        ),
    ],
)
def test_what_is_wrong_stands_where_the_rule_says_it(
    pack: Pack, changes: tuple[tuple[str, str], ...], problem: str
) -> None:
    found = problems(pack(*changes))
    assert any(one.startswith(problem) for one in found), found


@every(
    ("old", "new", "problem"),
    [
        ("lower: learning_rate", "lower: learning_rat", "4:12: unknown knob 'learning_rat'"),
        (
            "because: It is low.",
            "becuase: It is low.",
            "12:5: unknown key 'becuase' (did you mean 'because'?)",
        ),
        ("    because: It is low.\n", "", "10:5: 'because' is missing"),
        ("    text: Look at it at {level}.\n", "", "10:5: a fix needs a knob"),
        ("config.learning_rate / 2", "config.learning_rate // 2", "5:"),
        ("  look:", "  Look:", "9:3: 'Look' must be lower-case words joined by hyphens"),
        ("in: {rllib:", "in: {rlib:", "11:10: unknown framework 'rlib'"),
        ("digits: 3", "like: look", "6:5: unknown key 'like'"),
        ("schema: 1", "schema: 2", "1:9: this program reads 'schema: 1'"),
        (
            "prescriptions:",
            "prescription:",
            "2:1: unknown key 'prescription' (did you mean 'prescriptions'?)",
        ),
    ],
)
def test_what_is_wrong_in_the_book_stands_there(pack: Pack, old: str, new: str, problem: str) -> None:
    found = problems(pack(book=((old, new),)))
    assert any(one.startswith(f"prescriptions.yaml:{problem}") for one in found), found


def test_a_shared_prescription_that_no_rule_takes_is_a_problem(pack: Pack) -> None:
    place = pack(("own, look", "own"))
    assert problems(place) == ["prescriptions.yaml:9:3: no rule of this pack prescribes 'look'"]
    # While a pack is edited, its rules still run.
    assert "TOY-01" in {rule.code for rule in rules([place])}


def test_a_problem_of_the_book_is_told_once(pack: Pack) -> None:
    assert problems(pack(book=(("because: It is low.", "because: [1]"),))) == [
        "prescriptions.yaml:12:14: 'because' must be text, found a list"
    ]


def test_an_entry_of_another_form_is_told_once(pack: Pack) -> None:
    book = "schema: 1\nprescriptions:\n  half-steps: 3\n  look: {text: A, because: B}\n"
    assert problems(pack(book=((BOOK, book),))) == [
        "prescriptions.yaml:3:15: 'half-steps' must be a mapping, found a number"
    ]


def test_a_book_that_cannot_be_read_hides_no_other(pack: Pack) -> None:
    place = pack(book=(("schema: 1", "schema: 1: 2"),))
    assert book_by([place]) == {}
    assert len(book_by([builtin_rules_dir(), place])) > 20
    assert problems(place)[0].startswith("prescriptions.yaml:1:10: ")


def test_every_rule_has_its_prescriptions_as_its_own() -> None:
    found = load_pack([builtin_rules_dir()], tests=False)
    shared = {name for rule in found for name in (one.like for one in rule.fixes.values()) if name}
    assert shared == set(book_by([builtin_rules_dir()]))
    # What the wheel carries has nothing left to look up.
    again = [from_plain(Rule, to_plain(rule)) for rule in found]
    assert [list(rule.fixes.values()) for rule in again] == [list(rule.fixes.values()) for rule in found]


def test_a_copy_of_the_built_in_pack_is_whole(tmp_path: Path) -> None:
    shutil.copytree(builtin_rules_dir() / "value", tmp_path / "value")
    shutil.copy(builtin_rules_dir() / "prescriptions.yaml", tmp_path)
    path = tmp_path / "value" / "q-divergence.yaml"
    assert (
        load_rule(path, tests=False).fixes
        == load_rule(builtin_rules_dir() / "value" / "q-divergence.yaml", tests=False).fixes
    )


def test_a_page_says_which_rules_prescribe_it(pack: Pack) -> None:
    pages = rule_pages([str(pack())])
    page = pages["prescriptions.md"]
    assert "- **half-steps**: Halve the learning rate. Smaller steps." in page
    assert "Prescribed by: [TOY-01](TOY-01.md)." in page
    takers = [rule.code for rule in rules() if any(one.like == "twin-critics" for one in rule.fixes.values())]
    assert len(takers) > 1
    assert f"Prescribed by: {', '.join(f'[{code}]({code}.md)' for code in sorted(takers))}." in page
    assert "It is low." in pages["TOY-01.md"]


def test_a_fix_in_a_plain_sheet_is_completed_too() -> None:
    sheet = Sheet(parse_tree("causes: []", "x"))
    plain = {"causes": [{"fixes": ["a"]}]}
    prescribe(plain, sheet, {"a": {"text": "A.", "because": "B."}})
    assert plain["fixes"] == {"a": {"text": "A.", "because": "B.", "like": "a"}}


def test_no_built_in_rule_repeats_what_is_shared() -> None:
    def said(fix: FixSpec) -> tuple[object, ...]:
        return (fix.text, fix.knob, str(fix.to), fix.direction, fix.otherwise, dict(fix.wordings))

    found = load_pack([builtin_rules_dir()], tests=False)
    book = {name: said(build.fix(name, one)) for name, one in book_by([builtin_rules_dir()]).items()}
    again = [
        (rule.code, fix.id, name)
        for rule in found
        for fix in rule.fixes.values()
        for name, shared in book.items()
        if not fix.like and said(fix) == shared
    ]
    assert again == [], "name the shared one, or `like` it"
