"""The report on a terminal."""

import io
import re
from dataclasses import replace

import numpy as np
import pytest

from rldoctor.model.series import Series
from rldoctor.report import render
from rldoctor.report.clean import clean
from rldoctor.report.sparkline import BLOCKS, sparkline
from rldoctor.report.terminal import console, show
from rldoctor.report.terminal import render as terminal_text
from rldoctor.report.terminal_parts import QUIET, VERBOSE

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


class Tty(io.StringIO):
    def isatty(self):
        return True


def on_a_tty(diagnosis, monkeypatch, **environment):
    for name in ("NO_COLOR", "FORCE_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = Tty()
    show([diagnosis], console(stream))
    return stream.getvalue()


def test_a_sick_run_says_what_since_when_why_and_what_to_do(make):
    text = render([make("sick")], "terminal")
    flat = " ".join(text.split())
    for expected in (
        "Stable-Baselines3, PPO, HalfCheetah-v4, seed 3, 1,001,472 environment steps",
        "CRITICAL The policy stopped changing, since step 204,800.",
        "4 of 6 rules could look; 1 not measured, 1 failed with an error (1 does not apply).",
        "Median KL 2.1e-08 from step 204,800 to the end, limit 1e-05",
        "explains ENT-04, OUT-10",
        "not CFG-06",
        "Do this first: learning_rate: 0.0003 -> 0.001",
        "expect approx_kl between 0.005 and 0.02",
        "Not measured: 1 rule. What opens the most of them: +1 ",
        "! events.out.tfevents.1: the last record is cut short",
        "More: --verbose, -o report.html; rldoctor explain POL-01",
    ):
        assert expected in flat
    assert "read one event file" not in flat  # notes of level info belong to inspect


def test_order_is_that_of_the_page(make):
    text = render([make("sick")], "terminal")
    places = [
        text.index(part)
        for part in (
            "CRITICAL",
            "episode return",
            "rules could look",
            "Do this",
            "1. The policy",
            "Not measured",
            "About the log",
        )
    ]
    assert places == sorted(places)


def test_a_healthy_run_is_not_called_flawless(make):
    text = " ".join(render([make("healthy")], "terminal").split())
    assert "HEALTHY Nothing wrong was found by the rules that could look." in text
    assert "1 of 3 rules could look" in text
    assert "Do this" not in text


def test_no_data_says_so(make):
    text = " ".join(render([make("no_data")], "terminal").split())
    assert "NOT ENOUGH DATA" in text
    assert "3 points only." in text
    assert "Not measured: 1 rule" in text
    assert re.search(r"POL-01 .*: needs approx_kl", terminal_text([make("no_data")], VERBOSE))


@pytest.mark.parametrize("name", ["sick", "healthy", "no_data", "hostile"])
def test_fits_80_columns(make, name):
    text = render([make(name), make("sick")], "terminal") + render([make(name)], "terminal")
    assert max(map(len, text.splitlines())) <= 80


def test_colours_on_a_terminal_and_none_under_no_color(make, monkeypatch):
    assert "\x1b[" in on_a_tty(make("sick"), monkeypatch)
    assert "\x1b" not in on_a_tty(make("sick"), monkeypatch, NO_COLOR="1")


def test_no_colours_in_a_pipe(make, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = io.StringIO()
    show([make("sick")], console(stream))
    assert "\x1b" not in stream.getvalue()


def test_text_from_a_log_is_neither_escape_sequence_nor_markup(make):
    text = render([make("hostile")], "terminal")
    assert not CONTROL.search(text)
    assert "[bold]red[/bold]" in text


def test_several_runs_start_with_a_line_each_worst_first(make):
    text = render([make("healthy"), make("sick"), make("no_data")], "terminal")
    assert text.startswith("3 runs: 1 critical, 1 not enough data, 1 healthy")
    rows = text[: text.index("-" * 20)].splitlines()[2:]
    assert re.match(r" critical +ppo_1 +205k +POL-01 The policy", rows[0])
    assert [row.split()[0] for row in rows if row] == ["critical", "not", "healthy"]
    assert text.count("Do this first") == 1


def test_clean_removes_every_way_to_steer_a_terminal():
    assert clean("\x1b]0;title\x07a\x1b[2Jb\x9b31mc\r\n\td\u202e\x00e\udc80") == "ab31mc de\ufffd"


def test_quiet_is_a_line_per_run_and_verbose_has_every_rule_setting_and_note(make):
    quiet = terminal_text([make("sick"), make("healthy")], QUIET)
    assert " ".join(quiet.split()).startswith(
        "runs/ppo_1: critical: The policy stopped changing, since step 204,800."
    )
    assert quiet.splitlines()[1].startswith("runs/ppo_2: healthy")
    assert quiet.splitlines()[2:] == ["2 runs: 1 critical, 1 healthy"]
    verbose = " ".join(terminal_text([make("sick")], VERBOSE).split())
    for said in (
        "NUM-01 All values are finite: no NaN",
        "OFF-01 The buffer is large enough: only SAC",
        "LOG-02 A broken rule",
        "learning_rate 0.0003 0.001 args.yml:12",
        "argument of PPO(...): learning_rate=0.001,",
        "- read one event file [one-file]",
    ):
        assert said in verbose
        assert said not in " ".join(terminal_text([make("sick")]).split())
    for name in ("sick", "hostile", "no_data"):
        assert max(map(len, terminal_text([make(name)], VERBOSE).splitlines())) <= 80


def test_quiet_tells_runs_of_one_path_apart(make):
    runs = [replace(one, run=replace(one.run, id=f"ppo_1#{i}")) for i, one in enumerate([make("sick")] * 3)]
    lines = terminal_text([make("healthy"), *runs], QUIET).splitlines()
    assert len(set(lines)) == 5
    assert [line.split(":")[0] for line in lines[:3]] == [f"runs/ppo_1#{i}" for i in range(3)]
    assert lines[3].startswith("runs/ppo_2: healthy")


def test_a_sparkline_of_a_goal_that_is_reached_more_often_rises():
    reached = np.random.default_rng(0).random(600) < np.linspace(0, 0.45, 600)
    line = sparkline(Series("r", np.arange(600.0), np.where(reached, 1.0, -2.0), "r"), 12)
    assert line[0] == BLOCKS[0]
    assert BLOCKS.index(line[-1]) > BLOCKS.index(line[5]) > BLOCKS.index(line[0])


def test_a_sparkline_keeps_a_spike_and_shows_gaps():
    steps = np.concatenate([np.arange(1.0, 301.0), np.arange(700.0, 1001.0)])
    values = np.zeros(steps.size)
    values[17] = 100.0
    line = sparkline(Series("x", steps, values, "x"), 20)
    assert len(line) == 20
    assert line.count(BLOCKS[-1]) == 1
    assert "  " in line
    assert sparkline(Series("x", steps, np.full(steps.size, np.nan), "x")) == ""
    huge = sparkline(Series("x", np.array([1.0, 2.0]), np.array([-1.7e308, 1.7e308]), "x"), 2)
    assert huge == BLOCKS[0] + BLOCKS[-1]


def test_no_blocks_where_the_stream_cannot_show_them(make):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="replace")
    show([make("sick")], console(stream, plain=True))
    stream.flush()
    text = stream.buffer.getvalue().decode("ascii")
    assert "Learning curve" not in text
    assert "The policy stopped changing" in text
