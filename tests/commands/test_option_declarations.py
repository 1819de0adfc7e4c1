"""What is declared of an option is what command line, settings file and documentation say."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest
from every import every

from rldoctor.cli import program
from rldoctor.cli import run as cli
from rldoctor.commands.options import OPTIONS, Options, typed_name
from rldoctor.commands.settings import KEYS, PATH_KEYS, READERS, keys_table, load_settings, options

ROOT = Path(__file__).parents[2]


def test_the_page_lists_every_key() -> None:
    assert keys_table() in (ROOT / "docs" / "settings.md").read_text()


def test_every_kind_can_be_read_from_a_settings_file() -> None:
    assert {one.kind for one in OPTIONS.values()} == set(READERS)
    assert set(KEYS) > set(PATH_KEYS)


@every("name", sorted(set(OPTIONS) - {"waivers", "per_path", "task"}))
def test_analyze_takes_every_option_with_its_help(name: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert cli(["analyze", "--help"]) == 0
    shown = " ".join(said.getvalue().split())
    declared = OPTIONS[name]
    assert f"{declared.flags[0]} {declared.metavar}".strip() in shown
    assert declared.help in shown


WRITTEN = {
    "format": (["json"], 'format = "json"'),
    "output": (["a.json"], 'output = ["a.json"]'),
    "config": (["c.yaml"], 'config = ["c.yaml"]'),
    "set": (["n_envs=8"], "set = { n_envs = 8 }"),
    "map": (["a/b=approx_kl"], 'map = { "a/b" = "approx_kl" }'),
    "env": ("Pendulum-v1", 'env = "Pendulum-v1"'),
    "algorithm": ("ppo", 'algorithm = "ppo"'),
    "framework": ("sbx", 'framework = "sbx"'),
    "select": (["POL"], 'select = ["POL"]'),
    "ignore": (["CFG"], 'ignore = "CFG"'),
    "rules": (["own"], 'rules = ["own"]'),
    "thresholds": (["POL-01.kl_zero=0.1"], "[thresholds.POL-01]\nkl_zero = 0.1"),
    "fail_on": ("info", 'fail-on = "info"'),
    "min_coverage": ("0.5", "min-coverage = 0.5"),
    "reference": (["off"], 'reference = "off"'),
    "baseline": ("b.json", 'baseline = "b.json"'),
    "aggregate": ("all", 'aggregate = "all"'),
    "strict": (True, "strict = true"),
}


def test_the_cases_below_are_all_options() -> None:
    assert set(WRITTEN) == set(OPTIONS) - {"waivers", "per_path", "task"}


@every("name", WRITTEN)
def test_typed_and_written_mean_the_same(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed, text = WRITTEN[name]
    (tmp_path / "rldoctor.toml").write_text(text)
    written = getattr(load_settings(tmp_path), name)
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    assert getattr(options(**{typed_name(name): typed}), name) == written
    assert written != getattr(Options(), name)


def test_commands_are_listed_in_order() -> None:
    assert list(program.entries) == [
        "analyze",
        "inspect",
        "compare",
        "watch",
        "demo",
        "index",
        "explain",
        "skill",
        "completion",
        "doctor",
        "reference",
        "throughput",
        "rules",
        "config",
        "task",
    ]
