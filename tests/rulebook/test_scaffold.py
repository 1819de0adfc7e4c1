"""The scaffold of a rule: valid but for what its author must write, and complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rldoctor.engine.policy import load_derived, load_policy
from rldoctor.engine.ruletest import run_tests
from rldoctor.errors import RuleError
from rldoctor.paths import builtin_rules_dir
from rldoctor.rulebook import loader
from rldoctor.rulebook.declarations import RULE
from rldoctor.rulebook.scaffold import scaffold, slug_of
from rldoctor.rulebook.testcases import load_tests

TODO = re.compile(r"\"TODO[^\"]*\"")


def written(directory: Path, **changes: str) -> Path:
    """The scaffold in a directory, its texts replaced where asked for."""
    made = scaffold("MY-01", "low-return", "mine", title=changes.get("title", ""))
    path = directory / made.path
    path.parent.mkdir(parents=True)
    path.write_text(TODO.sub(changes["texts"], made.rule) if "texts" in changes else made.rule)
    path.with_suffix(".test.yaml").write_text(made.tests)
    return path


def test_nothing_but_the_texts_is_missing(tmp_path: Path) -> None:
    path = written(tmp_path)
    with pytest.raises(RuleError) as caught:
        loader.load_rule(path)
    problems = caught.value.problems
    assert {problem.text.partition(":")[0] for problem in problems} == {"still to be written"}
    lines = [line for line, text in enumerate(path.read_text().splitlines(), 1) if TODO.search(text)]
    assert sorted({problem.line for problem in problems}) == lines
    assert len(problems) == len(TODO.findall(path.read_text()))


def test_a_title_is_one_text_less_to_write(tmp_path: Path) -> None:
    path = written(tmp_path, title='It says "no": # ever', texts='"Written."')
    assert loader.load_rule(path).failure_title == 'It says "no": # ever'


def test_once_written_its_tests_hold(tmp_path: Path) -> None:
    written(tmp_path, texts='"Written."')
    rules = loader.load_pack([tmp_path])
    builtin = builtin_rules_dir()
    reports = run_tests(rules, load_policy(builtin), load_derived(builtin))
    assert [report.result.outcome.value for report in reports] == ["fired", "passed", "not_measured"]
    assert [report.problems for report in reports] == [(), (), ()]


def test_every_field_of_a_rule_is_there() -> None:
    made = scaffold("MY-01", "low-return", "mine").rule
    missing = {
        key for key in (*RULE.required, *RULE.optional) if not re.search(rf"^(# )?{key}:", made, re.MULTILINE)
    }
    # What the place of the file and the expressions say anyway.
    assert missing == {"schema", "slug", "area", "config"}


def test_unwritten_texts_of_a_test_file_are_told(tmp_path: Path) -> None:
    path = tmp_path / "x.test.yaml"
    path.write_text("rule: low-return\ncases:\n  - {name: TODO, expect: {outcome: passed}}\n")
    with pytest.raises(RuleError, match=r"x\.test\.yaml:3:12: still to be written: this text"):
        load_tests(path)


def test_a_title_becomes_a_slug() -> None:
    assert slug_of("  The KL is 0, twice! ") == "the-kl-is-0-twice"
    assert slug_of("?") == ""
