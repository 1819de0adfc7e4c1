"""The mutation check: what it changes, that it changes no more, and that it tells noticed from unnoticed."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import check
import pytest
from every import every
from mutants import mutants_of, mutated

HERE = Path("rldoctor/part/a.py")
SOURCE = """
from time import sleep

def sign(x):
    return 1 if x > 0 else -1

def waits(n):
    while n < 3:
        sleep(0.01)
        n = n + 1
    return n
"""
TESTS = """
from rldoctor.part.a import sign, waits

def test_sign():
    assert sign(5) == 1

def test_waits():
    assert waits(0) == 3
"""


def texts(source: str) -> set[str]:
    """The mutated forms of a source, one line each."""
    return {mutated(source, one) for one in mutants_of(HERE, source)}


@every(
    ("source", "expected"),
    [
        ("a < b", {"a <= b", "a > b"}),
        ("a < b <= c", {"a <= b <= c", "a > b <= c", "a < b < c", "a < b > c"}),
        ("a is None", {"a is not None"}),
        ("a in b", {"a not in b"}),
        ("a + b", {"a - b"}),
        ("a ** b", {"a * b"}),
        ("a and b", {"a or b"}),
        ("not a", {"not not a"}),
        ("-a", {"+a"}),
        ("a = 0.8", {"a = 1.8"}),
        ("a = True", {"a = False"}),
        ("b if a else c", {"b if not a else c"}),
        ("[a for a in b if c]", {"[a for a in b]"}),
        ("min(a, b)", {"max(a, b)"}),
        ("np.any(a)", {"np.all(a)"}),
        ("nan_to_num(a)", {"(lambda same: same)(a)"}),
        ("def f():\n    return a", {"def f():\n    return None"}),
        # Nothing that a test could notice.
        ("a = 'text'", set()),
        ('def f():\n    """Text."""', set()),
        ("def f(a: 'int | None') -> 1 + 1:\n    pass", set()),
        ("@lru_cache(maxsize=4)\ndef f():\n    pass", set()),
        ("Value = float | Array", set()),
        ("isinstance(a, int | float)", set()),
        ("assert a < b", set()),
        ("def f():\n    return None", set()),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_is_changed(source: str, expected: set[str]) -> None:
    assert texts(source) == expected


def test_the_program_has_mutants_in_every_part_and_each_is_another_program() -> None:
    for part in check.PARTS:
        found = list(check.chosen(check.ROOT, [part]))
        assert len(found) > 500
    path = Path("rldoctor/engine/scene.py")
    text = (check.ROOT / path).read_text(encoding="utf-8")
    mutants = mutants_of(path, text)
    programs = {mutated(text, one) for one in mutants} | {ast.unparse(ast.parse(text))}
    assert len(programs) == len(mutants) + 1


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout with one function, half of which is tested."""
    files = {
        "rldoctor/__init__.py": "",
        "rldoctor/part/__init__.py": "",
        "rldoctor/part/a.py": SOURCE,
        "tests/part/test_a.py": TESTS,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


def test_noticed_and_unnoticed_are_told_apart_and_nothing_stays_changed(project: Path) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*.py")}
    wanted = {"x > 0  ->  x >= 0", "x > 0  ->  x < 0"}
    mutants = [one for one in check.chosen(project, ["part"]) if str(one).partition(" ")[2] in wanted]
    found = check.check(project, mutants)
    told = {fate: [str(one).partition(" ")[2] for one in ones] for fate, ones in found.items()}
    assert told == {"survived": ["x > 0  ->  x >= 0"], "killed": ["x > 0  ->  x < 0"]}
    assert {path: path.read_bytes() for path in project.rglob("*.py")} == before


def test_a_mutant_that_never_ends_is_ended(project: Path) -> None:
    (endless,) = (one for one in check.chosen(project, ["part"]) if one.after == "n - 1")
    assert check.fate(check.Place(project), endless, {"part": 2.0, "": 2.0}) == "timeout"
    assert "n = n + 1" in (project / endless.path).read_text(encoding="utf-8")


def test_tests_that_fail_without_a_mutant_end_the_check(project: Path) -> None:
    (project / "tests/part/test_a.py").write_text("def test_it():\n    assert False\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="the tests fail without a mutant: tests/part"):
        check.check(project, list(check.chosen(project, ["part/a.py"])))
