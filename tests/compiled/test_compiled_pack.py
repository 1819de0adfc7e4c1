"""The compiled rules and vocabulary: the same as those read from YAML, and never older than their sources."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import zlib
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from every import every

from rldoctor.compile_all import compile_to, everything
from rldoctor.compiled.codec import from_plain, to_plain
from rldoctor.compiled.store import CACHE_VARIABLE, Compiled, cache_dir
from rldoctor.errors import ExpressionError, RuleError
from rldoctor.language.parser import Expression, parse
from rldoctor.rulebook.builtin import RULES, read_pack

ROOT = Path(__file__).parents[2]
RUN = ROOT / "reference_runs" / "healthy" / "ppo-Pendulum-v1-0"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def alike(one: Any, other: Any, place: str) -> None:
    """Equal and of equal type, field by field: ``==`` takes 1 for 1.0 and skips what is not compared."""
    assert type(one) is type(other), place
    if is_dataclass(one):
        for each in fields(one):
            alike(getattr(one, each.name), getattr(other, each.name), f"{place}.{each.name}")
    elif isinstance(one, dict):
        assert list(one) == list(other), place
        for key in one:
            alike(one[key], other[key], f"{place}[{key}]")
    elif isinstance(one, tuple | list):
        assert len(one) == len(other), place
        for index, (mine, theirs) in enumerate(zip(one, other, strict=True)):
            alike(mine, theirs, f"{place}[{index}]")
    else:
        assert one == other, place


@every("compiled", list(everything()), ids=lambda one: one.name)
def test_what_is_compiled_is_what_the_files_say(compiled: Compiled[Any], tmp_path: Path) -> None:
    compiled.write(tmp_path)
    alike(compiled.read(tmp_path), compiled.make(), compiled.name)


def test_the_wheel_gets_everything_under_a_name_of_its_own(tmp_path: Path) -> None:
    compile_to(tmp_path)
    names = [one.name for one in everything()]
    assert sorted(path.stem for path in tmp_path.iterdir()) == sorted(names)


@dataclass(frozen=True)
class Word:
    text: str
    count: int = 0


class Source:
    """A compiled value made of one file, counting how often it was made."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "source.txt"
        self.made = 0

    def compiled(self) -> Compiled[Word]:
        return Compiled("word", Word, lambda: [self.file], self._make)

    def _make(self) -> Word:
        self.made += 1
        return Word(self.file.read_text())

    def write(self, text: str, age: int = 60) -> None:
        """Write the file as if it had been written ``age`` seconds ago."""
        self.file.write_text(text)
        stamp = self.file.stat().st_mtime_ns - age * 1_000_000_000
        os.utime(self.file, ns=(stamp, stamp))


@pytest.fixture
def source(tmp_path: Path) -> Source:
    made = Source(tmp_path)
    made.write("first")
    return made


@pytest.mark.usefixtures("cache")
def test_a_second_start_makes_nothing(source: Source) -> None:
    assert [source.compiled().load() for _ in range(3)] == [Word("first")] * 3
    assert source.made == 1


@pytest.mark.usefixtures("cache")
def test_a_changed_source_is_noticed(source: Source) -> None:
    source.compiled().load()
    source.write("longer than the first")
    assert source.compiled().load() == Word("longer than the first")


@pytest.mark.usefixtures("cache")
def test_a_change_of_the_same_length_within_a_tick_of_the_clock_is_noticed(source: Source) -> None:
    source.write("first", age=0)
    stamp = source.file.stat().st_mtime_ns
    source.compiled().load()
    source.file.write_text("FIRST")
    os.utime(source.file, ns=(stamp, stamp))
    assert source.compiled().load() == Word("FIRST")


@pytest.mark.usefixtures("cache")
def test_a_file_that_was_only_touched_is_not_made_again(source: Source) -> None:
    source.compiled().load()
    source.write("first", age=30)
    source.compiled().load()
    source.compiled().load()
    assert source.made == 1


@pytest.mark.usefixtures("cache")
def test_an_added_file_of_a_folder_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "a.yaml").write_text("1")
    counted = Compiled("count", int, lambda: [folder], lambda: len(list(folder.iterdir())))
    assert counted.load() == 1
    (folder / "b.yaml").write_text("2")
    assert counted.load() == 2


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b"null", b'{"format": 1}', b"\xff\xfe", b"[" * 100_000],
    ids=["empty", "cut", "list", "null", "no data", "not UTF-8", "deep"],
)
def test_a_damaged_cache_costs_only_time(source: Source, cache: Path, damage: bytes) -> None:
    source.compiled().load()
    (entry,) = cache.iterdir()
    entry.write_bytes(damage)
    assert source.compiled().load() == Word("first")
    assert source.compiled().load() == Word("first")
    assert source.made == 2


def test_an_entry_with_a_field_that_is_not_known_is_not_used(source: Source, cache: Path) -> None:
    source.compiled().load()
    (entry,) = cache.iterdir()
    said, data = map(json.loads, entry.read_text().splitlines())
    text = json.dumps({**data, "more": 1})
    entry.write_text(json.dumps({**said, "check": zlib.crc32(text.encode())}) + "\n" + text)
    assert source.compiled().load() == Word("first")


def test_a_cache_that_cannot_be_written_costs_only_time(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A file where the folder should be: unlike permissions, that stops root too.
    (tmp_path / "in-the-way").touch()
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "in-the-way" / "cache"))
    assert [source.compiled().load() for _ in range(2)] == [Word("first")] * 2
    assert source.made == 2


def test_many_writers_leave_one_whole_entry(source: Source, cache: Path) -> None:
    found: list[Word] = []
    workers = [threading.Thread(target=lambda: found.append(source.compiled().load())) for _ in range(16)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert found == [Word("first")] * 16
    (entry,) = cache.iterdir()
    assert json.loads(entry.read_text().splitlines()[1]) == {"text": "first"}


def test_an_invalid_source_is_an_error_and_leaves_no_entry(cache: Path, tmp_path: Path) -> None:
    def invalid() -> Word:
        raise RuleError([])

    with pytest.raises(RuleError):
        Compiled("word", Word, lambda: [tmp_path / "absent"], invalid).load()
    assert not cache.exists() or not list(cache.iterdir())


def test_the_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_dir() == tmp_path / "rldoctor"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_dir() == tmp_path / "home" / ".cache" / "rldoctor"
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "own"))
    assert cache_dir() == tmp_path / "own"


def test_an_expression_is_checked_before_it_is_looked_into() -> None:
    forged = from_plain(Expression, {"text": "__import__('os').getcwd()"})
    with pytest.raises(ExpressionError):
        _ = forged.tree
    text = "  mean(kl) > config.x * run.steps"
    checked = parse(text)
    lazy = from_plain(Expression, to_plain(checked))
    alike(lazy, checked, "expression")
    assert (lazy.names, lazy.config, lazy.run) == (
        frozenset({"kl"}),
        frozenset({"x"}),
        frozenset({"steps"}),
    )


def test_a_key_that_json_would_change_is_refused() -> None:
    with pytest.raises(TypeError, match="not text"):
        to_plain({1: "one"})


SECOND_START = """
import contextlib, io, sys
from rldoctor.cli import run
with contextlib.redirect_stdout(io.StringIO()) as said:
    code = run(["analyze", {run!r}, "-q"])
assert code == 0 and "healthy" in said.getvalue(), said.getvalue()
print(*sorted(name for name in sys.modules if name.startswith("rldoctor")))
"""


def test_the_checker_runs_once(cache: Path) -> None:
    def start() -> set[str]:
        done = subprocess.run(
            [sys.executable, "-c", SECOND_START.format(run=str(RUN))],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, CACHE_VARIABLE: str(cache)},
        )
        return set(done.stdout.split())

    checker = {"rldoctor.rulebook.loader", "rldoctor.rulebook.checks", "rldoctor.yamlio"}
    assert checker <= start()
    assert not checker & start()


def test_large_entries_are_read_when_they_are_looked_at(tmp_path: Path) -> None:
    RULES.write(tmp_path)
    lines = (tmp_path / "rules.json").read_bytes().split(b"\n")
    assert len(lines[1]) < sum(map(len, lines)) / 5
    plain: dict[str, Any] = {}
    loaded = RULES.read(tmp_path, plain.update)
    rule = plain["rules"][0]
    assert "fixes" in rule
    assert "fixes" not in list(rule)
    assert loaded.rules[0].fixes
    assert "fixes" in list(rule)
    assert loaded == read_pack()
