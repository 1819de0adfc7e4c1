"""The reader of docs/adding-a-reader.md as a package of its own: built, installed by pip, found and used."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("setuptools", reason="needs setuptools, to build the package without a network")
PAGE = Path(__file__).parents[2] / "docs" / "adding-a-reader.md"
ROOT = PAGE.parents[1]
LOG = """#! gamma=0.99
#! algo=ppo
0 episode_return -1200.5
2048 approx_kl 0.011
2048 episode_return -1180.0
4096 approx_kl nan
409
"""


def block(language, holding):
    """The example of the page in this language."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    (one,) = [part for part in found if holding in part]
    return one


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with the installed package, made of the page's two blocks."""
    home = tmp_path_factory.mktemp("package")
    (home / "my_reader.py").write_text(block("python", "class TsfReader"))
    build = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n\n'
    modules = '\n[tool.setuptools]\npy-modules = ["my_reader"]\n'
    (home / "pyproject.toml").write_text(build + block("toml", "rldoctor.readers") + modules)
    target = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-build-isolation",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*command, "--target", str(target), str(home)], check=True, capture_output=True)
    return target


def rldoctor(installed, *words):
    places = [str(installed), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
    command = [sys.executable, "-m", "rldoctor", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_installed_reader_is_used(installed, tmp_path):
    assert list(installed.glob("my_reader-1.0.dist-info/entry_points.txt"))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "log.tsf").write_text(LOG)
    done = rldoctor(installed, "inspect", "-f", "json", str(tmp_path))
    assert done.returncode == 0, done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert run["format"] == "tsf"
    assert {one["metric"]: one["points"] for one in run["metrics"]} == {"episode_return": 2, "approx_kl": 2}
    assert {one["knob"]: one["source"] for one in run["config"]}["gamma"] == "log.tsf:1"
    assert "bad-lines" in {note["code"] for note in run["notes"]}


def test_its_errors_cost_only_its_file(installed, tmp_path):
    (tmp_path / "empty.tsf").write_text("nothing to read\n")
    (tmp_path / "progress.csv").write_text("step,reward\n1,2.5\n2,3.5\n")
    done = rldoctor(installed, "inspect", "-f", "json", str(tmp_path))
    document = json.loads(done.stdout)
    assert len(document["runs"]) == 1
    notes = [note["text"] for note in document["runs"][0]["notes"]] + document["failures"]
    assert any("no line of the form" in text for text in notes)


def test_without_the_package_nobody_reads_it(tmp_path):
    (tmp_path / "log.tsf").write_text(LOG)
    done = rldoctor(tmp_path / "nowhere", "inspect", str(tmp_path))
    assert done.returncode == 2
    assert "no training run found" in done.stderr
