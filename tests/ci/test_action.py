"""action.yml by its own steps: each ``run`` is executed with bash, the inputs put in as the runner does."""

import json
import os
import re
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml

import rldoctor

ROOT = Path(rldoctor.__file__).parents[1]
ACTION = ROOT / "action.yml"
SICK = ROOT / "reference_runs" / "faulty" / "reward-exp-sharp" / "ppo-Reacher-v5-exp-0"
HEALTHY = ROOT / "reference_runs" / "healthy" / "ppo-Reacher-v5-exp-0"
EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")

pytestmark = pytest.mark.skipif(not (ACTION.is_file() and SICK.is_dir()), reason="not a checkout")


def document(path):
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))


class Runner:
    """What the runner does with a composite action, for the parts that this one uses."""

    def __init__(self, folder, **inputs):
        self.action = document(ACTION)
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        assert set(given) <= set(self.action["inputs"])
        self.inputs = {name: one.get("default", "") for name, one in self.action["inputs"].items()} | given
        self.folder, self.temp = folder, folder / "temp"
        self.temp.mkdir(exist_ok=True)
        self.summary, self.output = folder / "summary.md", folder / "output"
        for file in (self.summary, self.output):
            file.touch()

    def value(self, text):
        def known(match):
            kind, _, name = match[1].partition(".")
            return {"inputs": self.inputs, "github": {"action_path": str(ROOT)}}[kind][name]

        return EXPRESSION.sub(known, str(text))

    def step(self, name, **environment):
        (step,) = [one for one in self.action["runs"]["steps"] if one["name"] == name]
        assert step["shell"] == "bash"
        variables = {key: self.value(text) for key, text in step.get("env", {}).items()}
        files = {"RUNNER_TEMP": self.temp, "GITHUB_STEP_SUMMARY": self.summary, "GITHUB_OUTPUT": self.output}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.folder / self.value(step.get("working-directory", ".")),
            env={**os.environ, **variables, **{key: str(path) for key, path in files.items()}, **environment},
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    def diagnose(self):
        """The second step, with this checkout in the place where the first one installs."""
        program = self.temp / "rldoctor" / "bin" / "rldoctor"
        program.parent.mkdir(parents=True, exist_ok=True)
        python = f"PYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)}"
        program.write_text(f'#!/bin/sh\n{python} -m rldoctor "$@"\n')
        program.chmod(0o755)
        return self.step("Diagnose")


def outputs(runner):
    return dict(line.split("=", 1) for line in runner.output.read_text().splitlines())


def test_a_sick_run_fails_with_annotations_summary_and_reports(tmp_path):
    runner = Runner(tmp_path, paths=f"\n  {SICK}\n\n", html="out/report.html", junit="out/junit.xml")
    done = runner.diagnose()
    assert done.returncode == 1, done.stderr
    assert any(line.startswith("::error title=rldoctor") for line in done.stdout.splitlines())
    assert runner.summary.read_text().startswith("# rldoctor")
    assert "REW-03" in runner.summary.read_text()
    assert (tmp_path / "out" / "report.html").read_text().startswith("<!DOCTYPE html>")
    assert "<testsuites" in (tmp_path / "out" / "junit.xml").read_text()
    assert outputs(runner) == {"exit-code": "1", "html": "out/report.html"}


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"paths": f"{SICK}\n{HEALTHY}", "fail_on": "never"}, 0),
        ({"paths": str(HEALTHY), "min_coverage": "1"}, 3),
        ({"paths": "no-such-run"}, 2),
        ({"paths": ""}, 2),
        ({"paths": str(SICK), "aggregate": "mean"}, 2),
        ({"paths": '$(touch made); `touch made` "; touch made'}, 2),
    ],
)
def test_exit_codes_go_through_and_inputs_are_no_code(tmp_path, inputs, code):
    runner = Runner(tmp_path, **inputs)
    done = runner.diagnose()
    assert done.returncode == code, done.stderr
    assert outputs(runner) == {"exit-code": str(code)}
    assert ("::error title=rldoctor::" in done.stdout) == (code >= 2)
    assert not (tmp_path / "made").exists()


def test_a_baseline_of_the_working_directory_is_used(tmp_path):
    (tmp_path / "job").mkdir()
    found = {"path": SICK.name, "findings": {"REW-03": "critical", "CFG-10": "critical"}}
    (tmp_path / "job" / "base.json").write_text(json.dumps({"schema": 1, "runs": [found]}))
    runner = Runner(tmp_path, paths=str(SICK), baseline="base.json", working_directory="job")
    done = runner.diagnose()
    assert done.returncode == 0, done.stderr
    assert "known: critical in the baseline" in runner.summary.read_text()


@pytest.mark.slow
def test_a_long_summary_is_cut_between_runs(tmp_path):
    runner = Runner(tmp_path, paths="runs")
    run = "## run {}\n\n```\n" + "learning_rate=0.001, # \u00e9\n" * 12_000 + "```\n\n"
    (tmp_path / "long.md").write_text(
        "| run | verdict |\n" + "".join(run.format(i) for i in range(5)), "utf-8"
    )
    program = runner.temp / "rldoctor" / "bin" / "rldoctor"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\ncp "{tmp_path / "long.md"}" "$7"\n')
    program.chmod(0o755)
    assert runner.step("Diagnose").returncode == 0
    text = runner.summary.read_text("utf-8")
    assert text.startswith("| run | verdict |\n## run 0\n")
    assert [text.count(f"## run {i}\n") for i in range(5)] == [1, 1, 1, 0, 0]
    assert text.count("```") == 6
    assert text.rstrip().endswith("in the HTML report.")
    assert len(text.encode()) < 2**20


@pytest.mark.slow
def test_the_steps_as_they_are_from_install_to_verdict(tmp_path):
    """pip finds the dependencies that are here: that they install too is what .ci/run sees of the wheel.

    A folder on PYTHONPATH is no site: the editable install of this checkout in it stays unseen.
    """
    runner, here = Runner(tmp_path, paths=str(HEALTHY)), sysconfig.get_path("purelib")
    done = runner.step("Install rldoctor", PIP_NO_COMPILE="1", PYTHONPATH=here)
    if "No matching distribution found" in done.stderr:
        pytest.skip("no package index to install from")
    assert done.returncode == 0, done.stderr
    done = runner.step("Diagnose", PYTHONPATH=here)
    assert done.returncode == 0, done.stderr
    assert outputs(runner) == {"exit-code": "0"}


def test_the_scripts_hold_no_expression_and_the_steps_use_every_input():
    """An expression inside a script would let a branch name run commands."""
    action = document(ACTION)
    steps = action["runs"]["steps"]
    assert all("${{" not in step["run"] for step in steps)
    used = set(EXPRESSION.findall(ACTION.read_text()))
    assert {f"inputs.{name}" for name in action["inputs"]} == {
        one for one in used if one.startswith("inputs.")
    }
    assert all(one["description"] for one in action["inputs"].values())


def workflows():
    return [ROOT / ".github" / "workflows" / "gate.yml", ROOT / "docs" / "examples" / "ci" / "github.yml"]


@pytest.mark.parametrize("path", workflows(), ids=lambda path: path.name)
def test_workflows_use_inputs_that_the_action_has_and_runs_that_exist(path):
    inputs = set(document(ACTION)["inputs"])
    steps = [step for job in document(path)["jobs"].values() for step in job["steps"]]
    mine = [step for step in steps if step.get("uses", "").startswith(("./", "OWNER/rldoctor"))]
    assert mine
    for step in mine:
        assert set(step["with"]) <= inputs
        if step["uses"] == "./":
            assert (ROOT / step["with"]["paths"]).is_dir()


def test_the_gitlab_and_pre_commit_snippets_use_options_that_exist(tmp_path):
    examples = ROOT / "docs" / "examples" / "ci"
    (line,) = [one for one in document(examples / "gitlab-ci.yml")["rldoctor"]["script"] if "analyze" in one]
    hooks = {hook["id"]: hook for hook in document(ROOT / ".pre-commit-hooks.yaml")}
    used = [hook for repo in document(examples / "pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    assert {hook["id"] for hook in used} == set(hooks)
    (config,) = [hook for hook in used if hook["id"] == "rldoctor"]
    hook = hooks["rldoctor"]
    for words in (shlex.split(line), [*shlex.split(hook["entry"]), *config["args"]]):
        run_as_written(words, tmp_path)


def run_as_written(words, folder):
    """The command on a bundled run, with a baseline that knows nothing."""
    (folder / "ci").mkdir(exist_ok=True)
    (folder / "ci" / "rldoctor-baseline.json").write_text('{"schema": 1, "runs": []}')
    assert words[:2] == ["rldoctor", "analyze"]
    command = [sys.executable, "-m", "rldoctor", "analyze", str(HEALTHY), *words[3:]]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_settings_in_the_documentation_are_valid(tmp_path):
    from rldoctor.commands.gate import prepare
    from rldoctor.commands.settings import load_settings

    blocks = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "ci.md").read_text(), re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        (tmp_path / "rldoctor.toml").write_text(block)
        options = load_settings(tmp_path)
        assert options.waivers or options.per_path
        prepare(options)
