"""explain, skill, completion, config, --open: the commands a newcomer looks for."""

import json
import os
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest

import rldoctor
from rldoctor import api
from rldoctor.cli import program, run
from rldoctor.commands import config
from rldoctor.commands.completion import words_of
from rldoctor.commands.settings import load_settings

ROOT = Path(__file__).parents[2]
SICK = ROOT / "reference_runs" / "faulty" / "clip-range-tiny" / "ppo-Hopper-v5-0"


def rl(*arguments, **more):
    return subprocess.run(
        [sys.executable, "-m", "rldoctor", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        **more,
    )


def test_explain_says_what_a_code_means(capsys):
    for name in ("POL-01", "pol-01", "policy-frozen"):
        assert run(["explain", name]) == 0
        text = " ".join(capsys.readouterr().out.split())
        assert text.startswith("POL-01 The policy does not move critical Median KL is [kl] per update")
        for part in ("limit 1e-05 nats", "Stays quiet when", "false alarms in", "rules show POL-01"):
            assert part in text
        assert "{" not in text


def test_every_rule_can_be_explained(capsys):
    for rule in api.rules():
        assert run(["explain", rule.code]) == 0
    assert "{" not in capsys.readouterr().out.replace("{0}", "")


def test_a_code_that_is_none_is_told_with_a_guess(capsys):
    assert run(["explain", "POL-1"]) == 2
    err = capsys.readouterr().err
    assert "no rule is called 'POL-1' (did you mean 'POL-" in err
    assert "rldoctor rules list" in err


def test_explain_knows_the_rules_of_further_packs(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["rules", "new", "MY-01", "--slug", "mine", "--title", "Mine is wrong"]) == 0
    text = (tmp_path / "my-rules").rglob("mine.yaml")
    for path in text:
        path.write_text(path.read_text(encoding="utf-8").replace("TODO", "done"), encoding="utf-8")
    capsys.readouterr()
    assert run(["explain", "MY-01", "--rules", "my-rules"]) in (0, 2)  # a draft may stay one
    told = capsys.readouterr()
    assert "Mine is wrong" in told.out or "MY-01" in told.err


def test_the_skill_file_names_commands_that_there_are(capsys):
    assert run(["skill"]) == 0
    text = capsys.readouterr().out
    head, name, description = text.splitlines()[:3]
    assert (head, name) == ("---", "name: rldoctor")
    assert description.startswith("description: ")
    known = words_of(program)
    for line in text.splitlines():
        if line.startswith("rldoctor "):
            assert line.split()[1] in known[""]
    for heading in ("Run it", "Read it", "Act on it", "When not to trust it"):
        assert f"\n## {heading}\n" in text
    from rldoctor.report.agent import HEADINGS

    assert ", ".join(f"`{one}`" for one in HEADINGS) in text


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["rldoctor", "an"], ["analyze"]),
        (["rldoctor", "analyze", "--fo"], ["--format"]),
        (["rldoctor", "analyze", "runs/x", "--verb"], ["--verbose"]),
        (["rldoctor", "rules", "li"], ["lint", "list"]),
        (["rldoctor", "config", ""], ["--help", "init", "schema"]),
        (["rldoctor", "rules", "list", "--for"], ["--format"]),
    ],
)
def test_bash_completes_commands_and_options(typed, offered):
    script = rl("completion", "bash").stdout
    words = " ".join(f"'{word}'" for word in typed)
    ask = (
        f"COMP_WORDS=({words}); COMP_CWORD={len(typed) - 1}; _rldoctor; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    done = subprocess.run(["bash", "-c", f"{script}\n{ask}"], capture_output=True, text=True, check=True)
    assert [word for word in sorted(done.stdout.split()) if word != "-h"] == offered


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_a_script_too(shell):
    done = rl("completion", shell)
    assert done.returncode == 0
    assert "analyze" in done.stdout
    if shutil.which(shell):
        assert subprocess.run([shell, "-n"], input=done.stdout, text=True, check=False).returncode == 0


def test_an_unknown_shell_is_told():
    done = rl("completion", "tcsh")
    assert done.returncode == 2
    assert "bash, zsh, fish" in done.stderr


def test_config_init_writes_what_can_be_read(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["config", "init"]) == 0
    assert load_settings().format == ()  # nothing is set
    text = Path("rldoctor.toml").read_text(encoding="utf-8")
    lines = [line.removeprefix("# ") for line in text.splitlines()]
    keys = [line for line in lines if " = " in line and not line.startswith(("Completion", "on the"))]
    tables = [line for line in lines if line.startswith("[")]
    assert len(keys) > 20
    given = lines[lines.index('format = ["terminal", "html"]') - 1 :]
    set_all = "\n".join(line for line in given if line in keys or line in tables)
    Path("rldoctor.toml").write_text(set_all, encoding="utf-8")
    assert load_settings().fail_on == "error"
    jsonschema.validate(json.loads(json.dumps(tomllib.loads(set_all), default=str)), config.json_schema())
    assert run(["config", "init"]) == 2
    assert "is there already" in capsys.readouterr().err


def test_config_init_names_the_schema_that_it_writes_or_is_served(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["config", "init", "--schema"]) == 0
    text = Path("rldoctor.toml").read_text(encoding="utf-8")
    named = text.splitlines()[0].removeprefix("#:schema ")
    assert json.loads(Path(named).read_text(encoding="utf-8")) == config.json_schema()
    assert load_settings().format == ()
    there = "https://example.org/rldoctor.schema.json"
    for one in (Path("rldoctor.toml"), Path(named)):
        one.unlink()
    assert run(["config", "init", "--schema-url", there]) == 0
    assert Path("rldoctor.toml").read_text(encoding="utf-8").startswith(f"#:schema {there}\n")
    assert [one.name for one in tmp_path.iterdir()] == ["rldoctor.toml"]


def test_the_schema_carries_the_address_that_it_is_served_at(capsys):
    there = "https://example.org/rldoctor.schema.json"
    assert run(["config", "schema", "--id", there]) == 0
    served = json.loads(capsys.readouterr().out)
    assert served == {**config.json_schema(), "$id": there}


@pytest.mark.parametrize(
    "wrong",
    [{"fial-on": "error"}, {"fail-on": "sometimes"}, {"thresholds": {"POL-01": 3}}, {"waivers": [{}]}],
)
def test_the_schema_refuses_what_the_program_refuses(wrong):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, config.json_schema())


def test_the_schema_that_the_site_serves_is_the_programs():
    served = (ROOT / "docs" / "rldoctor.schema.json").read_text(encoding="utf-8")
    assert json.loads(served) == config.json_schema()


@pytest.mark.parametrize("output", ["", "page.html"])
def test_a_report_is_opened_in_the_browser(tmp_path, output):
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {tmp_path / "asked"}\n', encoding="utf-8")
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    environment = {**os.environ, "BROWSER": f"{browser} %s", "TMPDIR": str(tmp_path)}
    more = ["-f", "html", "-o", str(tmp_path / output)] if output else []
    done = rl("analyze", SICK, "--open", "--fail-on", "never", *more, env=environment)
    assert done.returncode == 0, done.stderr
    asked = (tmp_path / "asked").read_text(encoding="utf-8")
    assert asked.startswith("file://")
    page = Path(asked.removeprefix("file://"))
    assert page.name == (output or "report.html")
    assert "clip_range = 0.0005 stops the policy" in page.read_text(encoding="utf-8")


def test_objects_show_themselves_in_one_line():
    found = rldoctor.load(SICK)
    diagnosis = rldoctor.diagnose(found[0])
    for one in (found, found[0], diagnosis):
        assert len(repr(one)) < 250
        assert "\n" not in repr(one)
    assert str(diagnosis) == f"{SICK}: error: clip_range = 0.0005 stops the policy, since step 512."
    assert str(found[0]).endswith("Stable-Baselines3, PPO, Hopper-v5, seed 0, 30,720 environment steps")
    comparison = rldoctor.compare(SICK, SICK)
    assert len(repr(comparison)) < 400
    assert "no clear difference" in str(comparison)
