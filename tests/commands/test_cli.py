"""The command line as a user meets it: output, errors, exit codes."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from every import every

import rldoctor
from rldoctor import cli

ROOT = Path(rldoctor.__file__).parents[1]
SEVERAL = ROOT / "reference_runs" / "faulty" / "frozen-actor"
SICK = SEVERAL / "ppo-Hopper-v5-0"

pytestmark = pytest.mark.skipif(not SICK.is_dir(), reason="no bundled reference runs beside the package")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """An empty working directory: no settings file but the test's own."""
    monkeypatch.chdir(tmp_path)
    for name in ("RLDOCTOR_DEBUG", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def call(capsys):
    def run(*arguments):
        code = cli.run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return run


def process(*arguments, **options):
    command = [sys.executable, "-m", "rldoctor", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, **options)


def test_a_sick_run_exits_1_and_names_the_root_cause(call):
    code, out, err = call("analyze", SICK)
    assert code == 1
    assert "POL-01" in out
    assert "Do this first" in out
    assert err == ""


BOXES = """\
| rollout/           |       |
|    ep_rew_mean     | 12    |
| time/              |       |
|    total_timesteps | 2048  |
| train/             |       |
|    approx_kl       | 33.2  |
|    clip_fraction   | 0.999 |
"""


def test_what_was_printed_is_piped_in(tmp_path):
    (tmp_path / "console.txt").write_text(BOXES)
    for command, wanted in (("analyze", "Stable-Baselines3, PPO"), ("inspect", "train/approx_kl")):
        piped = process(command, "-", input=BOXES, cwd=tmp_path)
        named = process(command, "console.txt", cwd=tmp_path)
        assert piped.returncode == named.returncode == 0, piped.stderr
        assert wanted in piped.stdout
        assert wanted in named.stdout
    empty = process("analyze", "-", input="", cwd=tmp_path)
    assert empty.returncode == 2
    assert "standard input is empty" in empty.stderr


@pytest.mark.parametrize(("fail_on", "code"), [("never", 0), ("critical", 1), ("warning", 1)])
def test_fail_on_decides_the_exit_code(call, fail_on, code):
    assert call("analyze", SICK, "--fail-on", fail_on)[0] == code


def test_coverage_below_the_minimum_is_exit_3_unless_there_are_findings(call):
    assert call("analyze", SICK, "--fail-on", "never", "--min-coverage", "100%")[0] == 3
    assert call("analyze", SICK, "--fail-on", "never", "--min-coverage", "10%")[0] == 0
    assert call("analyze", SICK, "--min-coverage", "100%")[0] == 1


def test_several_reports_from_one_call(call):
    code, out, err = call(
        "analyze", SICK, "-f", "json", "-o", "new/a.json", "-f", "html", "-o", "b.html", "-f", "github"
    )
    assert code == 1
    assert out.startswith("::error title=rldoctor")
    assert json.loads(Path("new/a.json").read_text())["runs"][0]["verdict"] == "critical"
    assert Path("b.html").read_text().startswith("<!DOCTYPE html>")
    assert err.splitlines() == ["wrote new/a.json", "wrote b.html"]


def test_json_on_standard_output_is_only_json(call):
    _, out, _ = call("analyze", SICK, "-f", "json")
    assert json.loads(out)["schema"] == 1


@every(
    ("arguments", "error", "hint"),
    [
        (["analyze"], "no path given", "Say where the log is"),
        (["analyse"], "No such command", "--help"),
        (["analyze", "nowhere"], "nowhere", ""),
        (["analyze", SICK, "--nonsense"], "nonsense", "rldoctor analyze --help"),
        (["analyze", SICK, "--fail-on", "eror"], "did you mean 'error'", "critical, error"),
        (["analyze", SICK, "-f", "jsom"], "did you mean 'json'", "formats: terminal"),
        (["analyze", SICK, "-o", "report"], "cannot tell the format", "-f FORMAT"),
        (["analyze", SICK, "--min-coverage", "2"], "between 0 and 1", ""),
        (["analyze", SICK, "--select", "POL-99"], "POL-99", "rules list"),
        (["analyze", SICK, "--threshold", "POL-01.kl_zer=1"], "kl_zero", ""),
        (["analyze", SICK, "--threshold", "x"], "CODE.name=value", ""),
        (["analyze", SICK, "--rules", "nowhere"], "no such directory", ""),
        (["analyze", SICK, "--config", "nowhere.yml"], "no such file", ""),
        (["analyze", SICK, "--map", "x"], "TAG=METRIC", ""),
        (["analyze", SICK, "--set", "x"], "x", ""),
        (["analyze", SICK, "--framework", "sb4"], "sb4", ""),
        (["inspect", "nowhere"], "nowhere", ""),
        (["inspect", SICK, "-f", "html"], "html", "terminal, json"),
        (["rules", "show", "POL-99"], "POL-99", "rules list"),
        (["rules", "lint", "nowhere"], "no such directory", ""),
    ],
)
def test_every_mistake_is_one_clear_block_and_exit_2(call, arguments, error, hint):
    code, out, err = call(*arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert error in err
    assert hint in err
    assert len(err.splitlines()) < 8


def test_a_bad_path_does_not_hide_the_good_one_but_is_not_a_success(call):
    code, out, err = call("analyze", SICK, "nowhere", "--fail-on", "never")
    assert code == 2
    assert "POL-01" in out
    assert "nowhere" in err


def test_an_unwritable_report_is_an_error_not_a_traceback(call):
    Path("dir").mkdir()
    code, _, err = call("analyze", SICK, "-f", "json", "-o", "dir")
    assert code == 2
    assert err.startswith("error: cannot write dir")


def test_settings_file_applies_and_the_command_line_wins(call):
    Path("rldoctor.toml").write_text('fail-on = "never"\nformat = "json"\n')
    code, out, _ = call("analyze", SICK)
    assert code == 0
    assert json.loads(out)["schema"] == 1
    code, out, _ = call("analyze", SICK, "--fail-on", "error", "-f", "github")
    assert code == 1
    assert out.startswith("::")
    Path("rldoctor.toml").write_text("fial-on = 'never'\n")
    assert "did you mean 'fail-on'" in call("analyze", SICK)[2]


def test_select_and_threshold_reach_the_rules(call):
    _, out, _ = call(
        "analyze", SICK, "-f", "json", "--select", "POL-01", "--threshold", "POL-01.kl_zero=1e-4"
    )
    (result,) = json.loads(out)["runs"][0]["results"]
    assert result["code"] == "POL-01"
    assert 1e-4 in [measure["limit"] for measure in result["measures"]]


def test_inspect_shows_what_was_understood(call):
    code, out, _ = call("inspect", SICK)
    assert code == 0
    for part in ("approx_kl", "train/approx_kl", "learning_rate", "Hyperparameters understood"):
        assert part in out
    code, out, _ = call("inspect", SICK, "-f", "json")
    run = json.loads(out)["runs"][0]
    assert {"approx_kl", "entropy"} <= {metric["metric"] for metric in run["metrics"]}
    assert all(knob["source"] for knob in run["config"])


def test_rules_can_be_listed_shown_and_checked(call):
    code, out, _ = call("rules", "list")
    assert code == 0
    assert "POL-01" in out
    code, out, _ = call("rules", "show", "policy-frozen")
    assert code == 0
    assert "kl_zero" in out
    code, out, _ = call("rules", "lint")
    assert code == 0
    assert "no problem found" in out


def test_rule_tests_tell_which_case_fails(call, tmp_path):
    area = tmp_path / "rules" / "policy-update"
    area.mkdir(parents=True)
    source = ROOT / "rules" / "policy-update"
    for path in source.glob("policy-frozen*"):
        (area / path.name).write_text(path.read_text().replace("outcome: passed", "outcome: fired", 1))
    code, out, err = call("rules", "test", area.parent)
    assert code in {1, 2}
    assert "policy-frozen" in out + err or "POL-01" in out


def test_doctor_names_versions_and_extras(call):
    code, out, _ = call("doctor")
    assert code == 0
    assert f"rldoctor {rldoctor.__version__}" in out
    assert "extra aim" in out
    assert "built in" in out


def test_demo_is_no_gate(call):
    code, out, err = call("demo", "-o", "demo.html")
    assert code == 0
    assert "CRITICAL" in out
    assert Path("demo.html").stat().st_size > 10_000
    assert "analyzing" in err


def test_reference_says_which_extra_is_missing(call, monkeypatch):
    monkeypatch.setattr("rldoctor.commands.reference.NEEDED", ("no_such_package",))
    code, _, err = call("reference", "--env", "X")
    assert code == 2
    assert "no_such_package" in err
    assert "pip install 'rl-training-doctor[reference]'" in err


def test_a_defect_of_ours_is_told_without_traceback_unless_asked(call, monkeypatch, capsys):
    def broken(*_arguments, **_options):
        raise ZeroDivisionError("boom")

    monkeypatch.setattr("rldoctor.api.diagnose", broken)
    code, _, err = call("analyze", SICK)
    assert code == 2
    assert "rldoctor itself failed while diagnosing" in err
    assert "RLDOCTOR_DEBUG=1" in err
    monkeypatch.setenv("RLDOCTOR_DEBUG", "1")
    assert cli.run(["analyze", str(SICK)]) == 2
    assert "ZeroDivisionError: boom" in capsys.readouterr().err


def test_help_version_and_module_in_a_process():
    assert process("--version").stdout == f"rldoctor {rldoctor.__version__}\n"
    done = process("--help")
    assert done.returncode == 0
    assert "analyze" in done.stdout
    assert process().returncode == 2


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from rldoctor import cli; cli.run(['analyze', '--help']); "
        "print({*sys.modules} & {'numpy', 'pandas', 'rich', 'jinja2', 'torch', 'tensorboard', 'aim'})"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=environment
    )
    assert done.stdout.splitlines()[-1] == "set()"


def test_a_pipe_gets_no_colours_and_may_close_early():
    done = process("analyze", SICK)
    assert done.returncode == 1
    assert "\x1b" not in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 80
    reader, writer = os.pipe()
    os.close(reader)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "rldoctor", "analyze", str(SICK)]
    closed = subprocess.run(
        command, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60, env=environment
    )
    os.close(writer)
    assert closed.stderr == ""


@pytest.mark.parametrize(("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_gets_colours_unless_told_otherwise(environment, coloured):
    master, slave = pty.openpty()
    base = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "CI"}}
    settings = {**base, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": "80", **environment}
    command = [sys.executable, "-m", "rldoctor", "rules", "list"]
    done = subprocess.Popen(command, stdout=slave, stderr=subprocess.PIPE, env=settings)
    os.close(slave)
    seen = b""
    while chunk := _read(master):
        seen += chunk
    os.close(master)
    assert done.wait(60) == 0
    assert (b"\x1b[" in seen) is coloured


def _read(handle):
    try:
        return os.read(handle, 65536)
    except OSError:  # the other end of a terminal was closed
        return b""


def test_verbose_and_quiet_change_how_much_is_printed(call):
    usual, more, less = (call("analyze", SEVERAL, *flags)[1] for flags in ([], ["-v"], ["--quiet"]))
    assert len(more) > len(usual) > len(less)
    assert "critical" in less
    *lines, count = less.splitlines()
    assert len(lines) == len(list(SEVERAL.glob("*/"))) > 1
    assert count.startswith(f"{len(lines)} runs: ")
    code, _, err = call("analyze", SICK, "-v", "-q")
    assert code == 2
    assert "opposite" in err
