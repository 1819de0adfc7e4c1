"""How much of a terminal a report takes, how its numbers are written, and that it can be copied."""

import re
import subprocess
import sys
from pathlib import Path

from every import every
from page_sizes import digits

import rldoctor
from rldoctor.model.finding import Severity
from rldoctor.report.terminal import render
from rldoctor.report.words import fixes_title

ROOT = Path(__file__).parents[2]
ONE_ROOT = (
    "reward-exp-sharp/ppo-Reacher-v5-exp-0",
    "clip-range-tiny/ppo-Hopper-v5-0",
    "lr-zero/ppo-Hopper-v5-0",
    "frozen-actor/ppo-Hopper-v5-0",
    "frozen-actor/ppo-Pendulum-v1-0",
    "reward-wrong-sign/ppo-FetchReachDense-v4-0",
    "warmup-too-short/sac-Pendulum-v1-1",
    "nan-injected/ppo-Pendulum-v1-0",
    # A note beside the cause is a line.
    "lr-zero/rsl_rl-ppo-InvertedPendulum-v5-0",
    "value-clip-tiny/ppo-Hopper-v5-0",
    "trpo-line-search/trpo-Hopper-v5-0",
    "learning-to-die/ppo-Hopper-v5-0",
)


@every("place", ONE_ROOT)
def test_one_root_cause_is_told_in_25_lines(place):
    (diagnosis,) = map(rldoctor.diagnose, rldoctor.load(ROOT / "reference_runs" / "faulty" / place))
    causes = [root for root in diagnosis.roots if root.severity > Severity.INFO]
    assert len(causes or diagnosis.roots) == 1
    text = render([diagnosis])
    lines = text.splitlines()
    assert len(lines) <= 25
    for part in (f"{fixes_title(diagnosis)}: ", f"1. {diagnosis.roots[0].finding.title}", "episode return, "):
        assert part in text
    # The settings that a run was given are told as they were written.
    assert digits(text) <= 3


@every("options", [("-q",), (), ("-v",)])
def test_nothing_in_a_pipe_ends_with_blanks_and_paths_are_whole(options):
    folder = "reference_runs/faulty/frozen-critic"
    command = [sys.executable, "-m", "rldoctor", "analyze", folder, "--fail-on", "never", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert [line for line in done.stdout.splitlines() if line != line.rstrip()] == []
    for run in sorted((ROOT / folder).iterdir()):
        assert re.search(rf"(^|[ /]){re.escape(run.name)}( |:|$)", done.stdout, re.MULTILINE)


def test_quiet_has_a_line_a_run_worst_first_and_a_count():
    folder = "reference_runs/faulty/lr-zero"
    command = [sys.executable, "-m", "rldoctor", "analyze", folder, "--fail-on", "never", "-q"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    *lines, count = done.stdout.splitlines()
    verdicts = [line.split(": ")[1] for line in lines]
    order = ["critical", "error", "warning"]
    assert len(set(lines)) == len(lines) == 12
    assert verdicts == sorted(verdicts, key=order.index)
    assert count == "12 runs: " + ", ".join(
        f"{verdicts.count(one)} {one}" for one in order if one in verdicts
    )


def test_a_line_a_run_says_why_a_run_could_not_be_judged():
    place = ROOT / "reference_runs" / "healthy" / "ppo-Hopper-v5-0"
    (diagnosis,) = map(rldoctor.diagnose, rldoctor.load(place))
    assert diagnosis.verdict == "not_enough_data"
    text = render([diagnosis], detail=-1)
    assert ": not enough data: Too early to judge the return: it gained 9" in text
    assert "There is too little" not in text
