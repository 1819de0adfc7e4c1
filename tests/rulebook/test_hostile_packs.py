"""People share rule packs: what a hostile one tries must be refused when it is loaded, or be harmless text.

Each attempt replaces one line of a valid rule. The code attempts would, if anything ever evaluated them,
create the file ``OWNED`` in the current directory.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from every import every
from rulebook_samples import KNOWN, RULE, TESTS

from rldoctor.errors import RuleError
from rldoctor.report.clean import clean
from rldoctor.rulebook.loader import load_pack, load_rule

OWN = "open('OWNED','w')"
WHEN = "when: approx_kl < limit and spread < 1 and clip_fraction < share_limit"
MESSAGE = "message: KL is {low} over {interval}, limit {limit}."

EXPRESSIONS = [
    f"__import__('os').system({OWN})",
    f"eval({OWN})",
    f"exec({OWN})",
    "open('OWNED')",
    "approx_kl.__class__",
    "approx_kl.__class__.__mro__",
    "approx_kl.tofile('OWNED')",
    "config.__class__",
    "config.__dict__",
    "run.__init__",
    "config.learning_rate.real",
    "median.__globals__",
    "(1).__class__",
    "().__class__.__bases__",
    "approx_kl[0]",
    "approx_kl[:]",
    "[x for x in approx_kl]",
    "{x for x in approx_kl}",
    "{1: 2}",
    "(x for x in approx_kl)",
    "lambda: 1",
    "(lambda: 1)()",
    "approx_kl if limit else 1",
    "(y := 1) < 2",
    "*approx_kl",
    "await approx_kl",
    "yield 1",
    "f'{approx_kl}'",
    "'text' < limit",
    "b'bytes' < limit",
    "9**9**9 > 1",
    "2**1000000 > 1",
    "approx_kl ** approx_kl > 1",
    "1 << 1000000 > 1",
    "approx_kl // 2 > 1",
    "approx_kl % 2 > 1",
    "approx_kl @ approx_kl > 1",
    "~approx_kl",
    "approx_kl | 1",
    "approx_kl & 1",
    "approx_kl in spread",
    "approx_kl is limit",
    "1j < 2",
    "1e999 < 2",
    "0x41 < 2",
    "globals()",
    "getattr(approx_kl, limit)",
    "print(approx_kl) < 1",
    "input() < 1",
    "breakpoint()",
    "median(*approx_kl) < 1",
    "median(**approx_kl) < 1",
    "median(median) < 1",
    "import os",
    "approx_kl; limit",
    "approx_kl\\n< limit",
    "аpprox_kl < limit",  # noqa: RUF001 - a Cyrillic letter that looks like a Latin one
    "ａpprox_kl < limit",  # noqa: RUF001 - a full-width letter that Python would normalise
    "(" * 200 + "approx_kl" + ")" * 200 + " < limit",
    "not " * 300 + "(approx_kl < limit)",
    " + ".join(["approx_kl"] * 400) + " < limit",
    "approx_kl < limit and " * 60 + "approx_kl < limit",
    "x" * 100_000,
]

FILES = {
    "python object": RULE.replace(
        "severity: warning", "severity: !!python/object/apply:os.system ['touch OWNED']"
    ),
    "python name": RULE.replace("severity: warning", "severity: !!python/name:os.system"),
    "unknown tag": RULE.replace("severity: warning", "severity: !evil warning"),
    "alias bomb": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(9)),
    "deep flow": "[" * 50_000,
    "deep block": "".join(" " * i + "a:\n" for i in range(2_000)),
    "duplicate key": RULE + "severity: critical\n",
    "many documents": RULE + "\n---\n" + RULE,
    "binary": "\x00\x01\x02",
    "huge number": RULE.replace("min_points: 12", "min_points: " + "9" * 5000),
    "merge key": RULE.replace("schema: 1", "<<: {schema: 1}"),
    "path in the slug": RULE.replace("slug: test-rule", "slug: ../../etc/passwd"),
    "path in the area": RULE.replace("area: policy", "area: ../.."),
    "path in the code": RULE.replace("code: TST-01", "code: ../TST-01"),
    "format that reaches into objects": RULE.replace(
        MESSAGE, "message: '{low.__class__.__init__.__globals__}'"
    ),
    "format by index": RULE.replace(MESSAGE, "message: '{low[0]}'"),
    "huge padding": RULE.replace(MESSAGE, "message: '{low:>1000000000}'"),
    "conversion": RULE.replace(MESSAGE, "message: '{low!r}'"),
    "number format of a gigabyte": RULE.replace("format: .3f", "format: '1000000000.3f'"),
    "include of a file": RULE.replace("severity: warning", "severity: !include /etc/passwd"),
}


def write(folder: Path, text: str) -> Path:
    area = folder / "policy"
    area.mkdir()
    (area / "test-rule.test.yaml").write_text(TESTS, encoding="utf-8")
    path = area / "test-rule.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    begin = time.perf_counter()
    yield
    assert time.perf_counter() - begin < 10, "a hostile file must not cost time"
    assert not (tmp_path / "OWNED").exists()


@every("attempt", EXPRESSIONS, ids=lambda text: text[:40])
def test_an_expression_that_is_no_expression_is_refused(tmp_path: Path, attempt: str) -> None:
    quoted = '"' + attempt.replace('"', '\\"') + '"'
    path = write(tmp_path, RULE.replace(WHEN, f"when: {quoted}"))
    with pytest.raises(RuleError) as refused:
        load_rule(path, KNOWN)
    assert "test-rule.yaml" in str(refused.value)


@every("name", FILES)
def test_a_hostile_file_is_refused(tmp_path: Path, name: str) -> None:
    assert FILES[name] != RULE, "the attempt must change something"
    with pytest.raises(RuleError):
        load_rule(write(tmp_path, FILES[name]), KNOWN)


def test_a_link_out_of_the_pack_reads_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("password: hunter2\n")
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "stolen.yaml").symlink_to(secret)
    with pytest.raises(RuleError) as refused:
        load_pack([pack], KNOWN)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("text", ["\\u001b[2J\\u001b[31mowned", "\\u202eowned", "\\u0007", "\\u009b31m"])
def test_terminal_escapes_in_texts_do_not_reach_a_report(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, RULE.replace("title: It moves", f'title: "{text}"'))
    title = load_rule(path, KNOWN).title
    assert all(letter.isprintable() for letter in clean(title))
