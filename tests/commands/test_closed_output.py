"""Standard output whose reader has gone, or that is full: every file asked for is written all the same."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from every import every

ROOT = Path(__file__).parents[2]
RUNS = ROOT / "reference_runs" / "faulty" / "lr-zero"
ONE, OTHER = RUNS / "ppo-Hopper-v5-0", RUNS / "ppo-Hopper-v5-1"
PRINTED = ("terminal", "json", "jsonl", "junit", "markdown", "github", "agent", "html")
FILES = ("a.html", "b.json", "c.xml", "d.md", "e.txt", "f.jsonl")
CLOSED, FULL = 141, 2


def typed(words, folder, stdout):
    """The exit code and standard error of a command line with this standard output."""
    done = subprocess.run(
        [sys.executable, "-m", "rldoctor", *map(str, words)],
        stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=120, check=False,
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return done.returncode, done.stderr


def without_reader(words, folder):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return typed(words, folder, writer)
    finally:
        os.close(writer)


def into_full(words, folder):
    with Path("/dev/full").open("w") as stream:
        return typed(words, folder, stream)


def outputs(printed, files):
    """Standard output is asked for first, so that an order of writing would show."""
    return ["-f", printed, "-o", "-", *(word for name in files for word in ("-o", name))]


def whole(folder, files):
    for name in files:
        text = (folder / name).read_text()
        if name.endswith(".html"):
            assert text.rstrip().endswith("</html>")
        elif name.endswith(".json"):
            assert json.loads(text)
        elif name.endswith(".xml"):
            assert Xml.fromstring(text).tag == "testsuites"
        else:
            assert text.strip()


@every("printed", PRINTED)
def test_every_format_on_a_closed_output_leaves_every_file(printed, tmp_path):
    code, said = without_reader(["analyze", ONE, *outputs(printed, FILES)], tmp_path)
    assert code == CLOSED
    assert said.splitlines() == [f"wrote {name}" for name in FILES]
    whole(tmp_path, FILES)


@pytest.mark.parametrize("paths", [(ONE,), (ONE, OTHER), (RUNS,)], ids=["one", "two", "a tree"])
def test_one_run_and_many_leave_their_files_and_the_baseline(paths, tmp_path):
    files = ("r.json", "r.xml")
    words = ["analyze", *paths, *outputs("jsonl", files)]
    assert without_reader(words, tmp_path)[0] == CLOSED
    whole(tmp_path, files)
    words = ["analyze", *paths, "-o", "r.html", "--write-baseline", "known.json", "--fail-on", "never"]
    assert without_reader(words, tmp_path)[0] == CLOSED
    whole(tmp_path, ("r.html", "known.json"))


@every("printed", ("terminal", "json", "markdown", "html"))
def test_a_comparison_leaves_its_files(printed, tmp_path):
    files = ("a.html", "b.json", "d.md")
    code, said = without_reader(["compare", ONE, OTHER, *outputs(printed, files)], tmp_path)
    assert code == CLOSED
    assert said.splitlines() == [f"wrote {name}" for name in files]
    whole(tmp_path, files)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@every("words", (["analyze", ONE], ["analyze", RUNS], ["compare", ONE, OTHER]))
def test_a_full_output_is_told_and_leaves_the_files(words, tmp_path):
    code, said = into_full([*words, *outputs("json", ("a.html",))], tmp_path)
    assert code == FULL
    assert "standard output cannot be written" in said
    whole(tmp_path, ("a.html",))


def test_an_output_that_is_read_to_its_end_keeps_the_exit_code(tmp_path):
    assert typed(["analyze", ONE, *outputs("terminal", ("a.html",))], tmp_path, subprocess.DEVNULL)[0] == 1


def test_a_part_that_is_read_is_the_beginning_of_the_report(tmp_path):
    line = f"{sys.executable} -m rldoctor analyze {RUNS} -v -o a.html | head -n 3"
    done = subprocess.run(
        ["/bin/bash", "-c", line], capture_output=True, text=True, timeout=120, check=False,
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr.splitlines() == ["wrote a.html"]
    whole(tmp_path, ("a.html",))
