"""``rldoctor rules list``, ``new`` and ``docs`` as a user meets them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rldoctor import api, cli

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*arguments: object) -> tuple[int, str, str]:
        code = cli.run(["rules", *map(str, arguments)])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return run


def test_the_list_is_grouped_and_fits_80_columns(call: Call) -> None:
    code, out, _ = call("list")
    lines = out.splitlines()
    assert code == 0
    assert max(map(len, lines)) <= 80
    rules = api.rules()
    headings = [line for line in lines if line in {rule.area for rule in rules}]
    assert headings == sorted({rule.area for rule in rules})
    for rule in rules:
        (line,) = [index for index, line in enumerate(lines) if line.startswith(f"{rule.code} ")]
        above = [heading for heading in headings if lines.index(heading) < line]
        assert above[-1] == rule.area
    assert f"{len(rules)} rules" in lines


def test_the_list_as_json_holds_every_rule(call: Call) -> None:
    code, out, _ = call("list", "--format", "json")
    content = json.loads(out)
    assert code == 0
    assert content["schema"] == 1
    assert {entry["code"] for entry in content["rules"]} == {rule.code for rule in api.rules()}
    (entry,) = [entry for entry in content["rules"] if entry["code"] == "POL-01"]
    assert entry["slug"] == "policy-frozen"
    assert entry["requires"] == ["approx_kl"]
    low, high = entry["thresholds"]["kl_zero"]["range"]
    assert low <= entry["thresholds"]["kl_zero"]["value"] <= high


def test_an_unknown_list_format_is_refused(call: Call) -> None:
    code, out, err = call("list", "-f", "jsom")
    assert (code, out) == (2, "")
    assert "did you mean 'json'" in err


def test_a_new_rule_says_what_is_left_to_write_and_lint_agrees(call: Call) -> None:
    code, out, _ = call("new", "my-01", "--title", "The return ends low")
    assert code == 0
    path = Path("my-rules/my/the-return-ends-low.yaml")
    assert f"wrote {path}" in out
    assert path.with_suffix(".test.yaml").is_file()
    lines = [line.split(":")[0].split()[1] for line in out.splitlines() if line.startswith("  line ")]
    code, _, err = call("lint", "my-rules")
    found = [line for line in err.splitlines() if str(path) in line]
    assert code == 2
    assert [line.partition(f"{path}:")[2].split(":")[0] for line in found] == lines
    assert all("still to be written" in line for line in found)


def test_a_written_rule_joins_the_others(call: Call) -> None:
    call("new", "MY-01", "--slug", "low-return", "--into", "pack", "--area", "mine")
    path = Path("pack/mine/low-return.yaml")
    path.write_text(path.read_text().replace("TODO: ", "Written "))
    assert call("lint", "pack")[:2] == (0, "pack: 1 rule, no problem found\n")
    assert call("test", "pack")[:2] == (0, "3 cases of 1 rule: 0 failed\n")
    assert "MY-01" in call("list", "--rules", "pack")[1]


def test_lint_warns_of_numbers_without_a_name(call: Call) -> None:
    call("new", "MY-01", "--slug", "low-return", "--into", "pack", "--area", "mine")
    path = Path("pack/mine/low-return.yaml")
    text = path.read_text().replace("TODO: ", "Written ")
    path.write_text(text.replace("when: level < low ", "when: level < 3 * low and level > 0"))
    line = next(n for n, one in enumerate(text.splitlines(), 1) if one.startswith("when:"))
    code, out, _ = call("lint", "pack")
    assert code == 0
    assert out.splitlines()[1:3] == [
        f"warning: {path}:{line}:15: the number 3 decides here without a name, unit and note",
        "warning: 1 number without a name in 1 rule (most: MY-01 1);",
    ]


def test_the_catalogue_names_what_is_not_written_yet(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    builtin = tmp_path / "builtin" / "outcome"
    builtin.mkdir(parents=True)
    source = Path(next(rule.path for rule in api.rules() if rule.code == "OUT-10"))
    for name in (source.name, source.with_suffix(".test.yaml").name):
        (builtin / name).write_text(source.with_name(name).read_text())
    for name in ("catalogue.yaml", "derived.yaml", "policy.yaml"):
        (builtin.parent / name).write_text((source.parents[1] / name).read_text())
    monkeypatch.setattr("rldoctor.datafiles.packs.builtin_rules_dir", lambda: builtin.parent)
    code, out, _ = call("new", "OUT-11")
    assert code == 0
    assert "wrote my-rules/outcome/seed-variance.yaml" in out


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["POL-01", "--slug", "x"], "POL-01 is a built-in rule (policy-frozen)", "MY-01"),
        (["pol"], "'POL' is not a rule code", "MY-01"),
        (["MY-01"], "MY-01 needs a name", "--slug"),
        (["MY-01", "--slug", "../../etc"], "'../../etc' is not a valid name", "hyphens"),
        (["MY-01", "--slug", "x", "--area", "/tmp"], "'/tmp' is not a valid name", "hyphens"),
        (["MY-01", "--slug", "x", "--into", "file"], "cannot write file", ""),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(
    call: Call, arguments: list[str], error: str, hint: str
) -> None:
    Path("file").write_text("")
    code, out, err = call("new", *arguments)
    assert (code, out) == (2, "")
    assert error in err
    assert hint in err
    assert [str(path) for path in Path().rglob("*")] == ["file"]


def test_nothing_is_overwritten(call: Call) -> None:
    call("new", "MY-01", "--slug", "x")
    Path("my-rules/my/x.yaml").write_text("mine")
    code, _, err = call("new", "MY-02", "--slug", "x", "--area", "my")
    assert code == 2
    assert "exists already" in err
    assert Path("my-rules/my/x.yaml").read_text() == "mine"


def test_docs_are_a_page_for_each_rule_and_an_index(call: Call) -> None:
    Path("pages").mkdir()
    Path("pages/notes.md").write_text("mine")
    code, out, _ = call("docs", "--into", "pages")
    rules = api.rules()
    assert code == 0
    assert f"pages: {len(rules)} pages and an index" in out
    assert "not a page of these rules: notes.md" in out
    assert {path.stem for path in Path("pages").iterdir()} == {"README", "prescriptions", "notes"} | {
        r.code for r in rules
    }
    index = Path("pages/README.md").read_text()
    for rule in rules:
        assert f"| [{rule.code}]({rule.code}.md) |" in index
    page = Path("pages/POL-01.md").read_text()
    assert "- [OUT-10 The run has not learned anything](OUT-10.md) (H)" in page


def test_docs_into_a_file_are_refused(call: Call) -> None:
    Path("pages").write_text("")
    code, _, err = call("docs", "--into", "pages")
    assert code == 2
    assert "cannot write into pages" in err
