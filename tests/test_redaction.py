"""Secrets are told from settings by key and by form, and stand in nothing that is shown or kept."""

from __future__ import annotations

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from every import every
from hypothesis import given
from hypothesis import strategies as st

import rldoctor
from rldoctor import cli
from rldoctor.redaction import MARKED_FORMS, SHOWN, Hidden, hidden_text, hidden_words, hide

# A key and a value that nobody may see.
BY_KEY = [
    ("password", "hunter2"),
    ("db.password", 12345),
    ("PASSWD", "x"),
    ("wandb_api_key", "0123456789abcdef0123456789abcdef01234567"),
    ("wandbApiKey", "abc"),
    ("wandb.key", "abc"),
    ("openai_key", "abc"),
    ("key", "abc"),
    ("token", "abc"),
    ("hf_token", "abc"),
    ("auth_token", "abc"),
    ("client_secret", "abc"),
    ("aws.credentials", ["abc", "def"]),
    ("aws.credentials", {"id": "abc"}),
    ("authorization", "Basic YWJj"),
    ("private_key", "abc"),
    ("some_key", "aB3dE6gH9jK2mN5pQ8sT"),
    ("nested", {"user": "bob", "password": "hunter2"}),
    ("nested", [{"api_key": "abc"}]),
]
BY_FORM = [
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "github_pat_11ABCDEFG0abcdefghijkl_mnop",
    "hf_abcdefghijklmnopqrstuvwxyz",
    "sk-proj-abcdefghijklmnopqrstuvwx",
    "xoxb-123456789012-abcdefghijkl",
    "AKIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\n",
]
# Text in which a part is hidden and the rest stays.
PARTS = [
    ("https://bob:hunter2@host/x", "hunter2", "https://bob:(hidden)@host/x"),
    # The slash of one secret kept the other from being seen. Found by fuzzing.
    ("https://u;secret:a/b,c:hunter2@host/x", "hunter2", "https://u;secret:(hidden)@host/x"),
    (
        "postgresql+psycopg://bob:hunter2@db:5432/runs",
        "hunter2",
        "postgresql+psycopg://bob:(hidden)@db:5432/runs",
    ),
    ("https://host/x?step=1&token=hunter2&y=2", "hunter2", "https://host/x?step=1&token=(hidden)&y=2"),
    ("https://abcdefghijklmnop@github.com/a/b", "abcdefghijklmnop", "https://(hidden)@github.com/a/b"),
    ("python t.py --wandb-api-key hunter2 --lr 1", "hunter2", "python t.py --wandb-api-key (hidden) --lr 1"),
    ("python t.py --password=hunter2", "hunter2", "python t.py --password=(hidden)"),
    ("{'api_key': 'hunter2', 'lr': 1}", "hunter2", "{'api_key': '(hidden)', 'lr': 1}"),
    (
        "https://hooks.slack.com/services/T0/B0/hunter2",
        "hunter2",
        "https://hooks.slack.com/services/(hidden)",
    ),
]
# What trainings do set.
SETTINGS = [
    ("max_tokens", 512),
    ("num_tokens", "512"),
    ("pad_token", "<pad>"),
    ("tokenizer.eos_token", "</s>"),
    ("image_token", "<image>"),
    ("bos_token", "[BOS]"),
    ("token_level_loss", "true"),
    ("tokenizer", "gpt2"),
    ("obs_key", "observation"),
    ("reward_key", "episode_reward_mean_100"),
    ("monitor_keys", ["r", "l"]),
    ("key_dim", 64),
    ("secret_scale", 0.5),
    ("use_password", True),
    ("password", None),
    ("password", ""),
    ("author", "bob"),
    ("authors", "bob and eve"),
    ("commit", "0123456789abcdef0123456789abcdef01234567"),
    ("policy", "MlpPolicy"),
    ("env_id", "HalfCheetah-v5"),
    ("url", "https://github.com/a/b"),
    ("remote", "git@github.com:a/b.git"),
    ("remote", "ssh://git@github.com/a/b"),
    ("net_arch", "{'pi': [64, 64], 'vf': [64, 64]}"),
    ("cmd", "python train.py --token-level --lr 3e-4"),
    ("learning_rate", 3e-4),
    ("wandb_run_id", "3f8a9c2b"),
]


@every(("key", "value"), BY_KEY)
def test_hidden_by_key(key, value):
    assert "abc" not in str(hide(key, value))
    assert "hunter2" not in str(hide(key, value))
    assert hide(key, value) != value


@every("value", BY_FORM)
def test_hidden_by_form_whatever_the_key(value):
    for made in (hide("comment", value), hide("x", [value])[0], hidden_text(f"was {value} before")):
        assert SHOWN in made
        assert value.strip()[12:] not in made


@every(("value", "secret", "shown"), PARTS)
def test_of_a_text_only_the_secret_is_hidden(value, secret, shown):
    made = hide("remark", value)
    assert str(made) == shown
    assert secret not in made


@every(("key", "value"), SETTINGS)
def test_settings_stay(key, value):
    assert hide(key, value) == value
    assert not isinstance(hide(key, value), Hidden)


def test_what_is_hidden_is_equal_where_the_secrets_are():
    assert hide("password", "a") == hide("password", "a")
    assert hide("password", "a") != hide("password", "b")
    assert hide("password", "a") != SHOWN
    assert hide("url", "http://b:1@h") != hide("url", "http://b:2@h")
    assert len({hide("password", "a"), hide("password", "a"), hide("password", "b")}) == 2
    assert json.dumps(hide("password", "a")) == '"(hidden)"'


def test_a_command_line_shows_no_secret():
    words = [
        "watch",
        "runs",
        "--webhook",
        "https://h/T0",
        "--set",
        "password=x",
        "--webhook=https://h/T1",
        "--set",
        "lr=1",
    ]
    shown = [
        "watch",
        "runs",
        "--webhook",
        SHOWN,
        "--set",
        f"password={SHOWN}",
        f"--webhook={SHOWN}",
        "--set",
        "lr=1",
    ]
    assert hidden_words(words) == shown


@given(st.text(max_size=80), st.sampled_from(BY_FORM[:6]), st.text(max_size=80))
def test_a_token_is_found_wherever_it_stands(before, token, after):
    assert token not in hidden_text(f"{before} {token} {after}")


@given(st.text())
def test_hiding_twice_changes_nothing_and_never_fails(text):
    once = hidden_text(text)
    assert hidden_text(once) == once


@given(st.data(), st.sampled_from(MARKED_FORMS))
def test_whatever_has_a_form_has_one_of_its_marks(data, marked):
    marks, form = marked
    letters = st.characters(max_codepoint=127)
    text = data.draw(st.from_regex(re.compile(form, re.IGNORECASE), alphabet=letters))
    assert any(mark in text.lower() for mark in marks)


LONG = ("a-", "--", "://", "://a:", "password", "?key=", "eyJ", "-----BEGIN ", "_", "--password", "sk-a-")


@every(
    "text",
    [part * (100_000 // len(part)) for part in LONG],
    ids=lambda text: text[:12],
)
def test_long_texts_cost_time_in_proportion(text):
    began = time.process_time()
    hidden_text(text)
    assert time.process_time() - began < 1


SECRETS = ("hunter2", "AAA111", "BBB222", "pw123", "ghp_abcdefghij", "CCC333", "DDD444")
CONFIG = """\
learning_rate: 0.0003
gamma: 0.99
wandb_api_key: AAA111secret
password: hunter2
url: https://bob:pw123@host/x
remark: ghp_abcdefghijklmnopqrstuvwxyz0123456789
launch:
  - {name: x, secret: BBB222secret}
"""
ROWS = "time/total_timesteps,rollout/ep_rew_mean,train/approx_kl,api_token\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, secret in (("a", "CCC333"), ("b", "DDD444")):
        (tmp_path / name).mkdir()
        rows = ROWS + "".join(f"{2048 * n},{n},{0.5 * n},{secret}\n" for n in range(1, 60))
        (tmp_path / name / "progress.csv").write_text(rows)
        (tmp_path / name / "config.yaml").write_text(CONFIG.replace("hunter2", "hunter2" + name))
    return tmp_path / "a"


def clean(text: str) -> bool:
    return not any(secret in text for secret in SECRETS)


@every("format", ["terminal", "json", "html", "junit", "markdown", "github"])
def test_no_report_holds_a_secret(format, run, capsys):
    words = ["analyze", str(run), "--fail-on", "never", "-f", format]
    assert cli.run([*words, "-o", "out"]) == 0
    assert clean((run.parent / "out").read_text())
    assert cli.run([*words, *(["-v"] if format == "terminal" else [])]) == 0
    assert clean("".join(capsys.readouterr()))


@every("format", ["terminal", "json", "markdown", "html"])
def test_no_comparison_holds_a_secret_and_says_that_they_differ(format, run):
    other = run.parent / "b"
    cli.run(["compare", str(run), str(other), "-f", format, "-o", "out"])
    said = (run.parent / "out").read_text()
    assert clean(said)
    assert "differs, values hidden: " in said
    assert "password" in said


@every("format", ["terminal", "json"])
def test_inspect_shows_the_key_and_no_value(format, run, capsys):
    assert cli.run(["inspect", str(run), "-f", format]) == 0
    said = capsys.readouterr().out
    assert clean(said)
    assert "password" in said


def test_no_baseline_and_no_python_object_holds_a_secret(run):
    assert cli.run(["analyze", str(run), "--fail-on", "never", "--write-baseline", "base.json", "-q"]) == 0
    assert clean((run.parent / "base.json").read_text())
    (found,) = rldoctor.load(run)
    assert clean(repr(found))
    assert clean(found._repr_html_())
    assert clean(repr(rldoctor.diagnose(found)))


def test_no_webhook_and_no_state_gets_a_secret(run):
    got: list[str] = []

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Taker)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/x"
        cli.run(["watch", str(run), "--once", "--warn-on", "info", "--webhook", url, "--state", "state.json"])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert got
    assert clean("".join(got))
    assert clean((run.parent / "state.json").read_text())
