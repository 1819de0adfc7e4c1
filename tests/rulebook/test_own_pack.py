"""A newcomer's pack, as docs/own-pack.md tells it: the page is executed, block by block."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import rldoctor
from rldoctor import api, cli
from rldoctor.compiled.store import CACHE_VARIABLE
from rldoctor.datafiles.packs import installed_packs, pack_directories
from rldoctor.errors import RuleError, UsageError
from rldoctor.model.finding import Diagnosis, Outcome
from rldoctor.paths import builtin_rules_dir

PAGE = (Path(__file__).parents[2] / "docs" / "own-pack.md").read_text(encoding="utf-8")
# A fenced block and the last file that the text before it names.
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`(my-rules/[\w./-]+\.yaml)`")

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*arguments: object) -> tuple[int, str, str]:
        code = cli.run([str(one) for one in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return run


def blocks() -> list[tuple[str, str, str]]:
    """Language, text and file of every block of the page."""
    return [
        (one[1], one[2], (NAMED.findall(PAGE[: one.start()]) or [""])[-1]) for one in BLOCK.finditer(PAGE)
    ]


def written_pack() -> Path:
    """The finished pack and the run of the page, without its commands."""
    for language, text, file in blocks():
        if language == "yaml":
            Path(file).parent.mkdir(parents=True, exist_ok=True)
            Path(file).write_text(text)
        elif language == "python":
            exec(text, {})
    return Path("my-rules")


def fired(diagnosis: Diagnosis) -> set[str]:
    return {one.code for one in diagnosis.results if one.outcome is Outcome.FIRED}


def test_the_page_does_what_it_says(call: Call) -> None:
    said: dict[str, list[tuple[int, str, str]]] = {}
    for language, text, file in blocks():
        if language == "python":
            exec(text, {})
        elif language == "yaml":
            Path(file).parent.mkdir(parents=True, exist_ok=True)
            Path(file).write_text(text)
        elif language == "bash":
            for line in text.splitlines():
                words = [one.strip('"') for one in re.findall(r'"[^"]*"|\S+', line)]
                assert words.pop(0) == "rldoctor"
                said.setdefault(" ".join(words[:2]), []).append(call(*words))
    lint = said["rules lint"]
    assert lint[0][:2] == (0, "my-rules: 1 framework, no problem found\n")
    assert lint[1][:2] == (0, "my-rules: 1 rule, 1 framework, no problem found\n")
    inspected = said["inspect runs/toy"][0][1]
    assert "toylib" in inspected
    assert "grip_force" in inspected
    assert "wrote my-rules/grip/grip-is-lost.yaml" in said["rules new"][0][1]
    assert said["rules test"][0][:2] == (0, "3 cases of 1 rule: 0 failed\n")
    code, out, err = said["analyze runs/toy"][0]
    assert code == 0, err
    assert "The gripper lets go" in out
    assert "MY-01" in out


def test_what_the_settings_name_can_be_asked_about(call: Call) -> None:
    """A report says `rldoctor explain MY-01`: that must find it where the pack stands in rldoctor.toml."""
    written_pack()
    assert call("explain", "MY-01")[2].startswith("error: no rule is called 'MY-01'")
    Path("rldoctor.toml").write_text('rules = ["my-rules"]\n')
    assert call("analyze", "runs/toy")[1].rstrip().endswith("rldoctor explain MY-01")
    for words in (("explain", "MY-01"), ("rules", "show", "MY-01"), ("rules", "list")):
        code, out, err = call(*words)
        assert (code, err) == (0, "")
        assert "The gripper lets go" in out
    # What is written for others holds only what is named.
    call("rules", "docs", "--into", "pages")
    assert not (Path("pages") / "MY-01.md").exists()


def test_a_framework_that_nothing_recognises_is_told(call: Call) -> None:
    pack = written_pack()
    assert call("rules", "lint", str(pack))[1].count("warning") == 0
    (pack / "vocabulary" / "fingerprints.yaml").unlink()
    code, out, _ = call("rules", "lint", str(pack))
    assert code == 0
    assert "warning: nothing says how a log of toylib is recognised: give it marks in" in out
    assert "--framework toylib" in out


def test_python_uses_a_pack() -> None:
    pack = written_pack()
    (run,) = rldoctor.load("runs/toy", rules_dirs=[pack])
    assert (run.framework, run.algorithm) == ("toylib", "ppo")
    assert run.metrics["grip_force"].unit == "N"
    assert run.config.number("learning_rate") == 0.001
    assert fired(rldoctor.diagnose(run, rules_dirs=[pack])) >= {"MY-01"}
    (other,) = rldoctor.load("runs/toy")
    assert other.framework == "generic"


def test_a_draft_stops_no_other_rule(call: Call) -> None:
    written_pack()
    assert call("rules", "new", "MY-02", "--slug", "later", "--area", "grip")[0] == 0
    draft = Path("my-rules/grip/later.yaml")
    draft.write_text(draft.read_text().replace("severity: warning", "severity: wrong"))
    code, out, err = call("analyze", "runs/toy", "--rules", "my-rules")
    assert code == 0
    assert "MY-01" in out
    (line,) = [one for one in err.splitlines() if "later.yaml" in one]
    assert line.startswith("warning: my-rules/grip/later.yaml:")
    assert "a draft, left out" in line
    assert [rule.code for rule in api.rules([Path("my-rules")]) if rule.code.startswith("MY")] == ["MY-01"]
    for command in ("lint", "test"):
        code, _, err = call("rules", command, "my-rules")
        assert code == 2
        assert "later.yaml" in err
        assert "still to be written" in err


def test_the_built_in_pack_is_written_to_only_when_asked(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    builtin = tmp_path / "clone" / "rules"
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    shutil.copytree(builtin_rules_dir(), builtin)
    readers = ("datafiles.packs", "rulebook.loader", "rulebook.known", "rulebook.builtin", "api")
    for place in ("rldoctor.paths", *(f"rldoctor.{one}" for one in readers)):
        monkeypatch.setattr(f"{place}.builtin_rules_dir", lambda: builtin)
    monkeypatch.chdir(builtin.parent)
    before = sorted(builtin.rglob("*"))
    for into in ("rules", "./rules", "rules/reward", builtin):
        code, _, err = call("rules", "new", "MY-01", "--slug", "x", "--into", into)
        assert code == 2
        assert "built-in pack" in err
        assert "--builtin" in err
    assert call("rules", "new", "MY-01", "--slug", "x")[0] == 0
    assert sorted(builtin.rglob("*")) == before
    assert Path("my-rules/my/x.yaml").is_file()
    assert call("rules", "new", "MY-01", "--slug", "y", "--builtin")[0] == 0
    assert (builtin / "my" / "y.yaml").is_file()
    api._loaded.cache_clear()  # the next process
    code, _, err = call("rules", "list")
    assert code == 0, "a draft in the built-in pack stops nothing"
    assert "y.yaml" in err
    assert call("rules", "new", "MY-01", "--slug", "z", "--builtin", "--into", "a")[0] == 2


def test_a_table_of_a_built_in_name_replaces_it_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "pack" / "vocabulary" / "frameworks"
    folder.mkdir(parents=True)
    (folder / "cleanrl.yaml").write_text(
        "schema: 1\nname: cleanrl\ntitle: Our CleanRL\nversions: fork\nextends: cleanrl\n"
        "metrics: {charts/our_return: episode_return}\n"
    )
    run = tmp_path / "run"
    run.mkdir()
    rows = "".join(f"{i * 10},{i},{i}\n" for i in range(1, 30))
    (run / "progress.csv").write_text(f"global_step,charts/our_return,losses/value_loss\n{rows}")
    (read,) = rldoctor.load(run, framework="cleanrl", rules_dirs=[tmp_path / "pack"])
    assert read.metrics["episode_return"].tag == "charts/our_return"
    assert "value_loss" in read.metrics, "what the table does not say is as in the one it extends"
    (note,) = [one for one in read.notes if one.code == "own-vocabulary"]
    assert "replaces the built-in vocabulary of cleanrl" in note.text
    (plain,) = rldoctor.load(run, framework="cleanrl")
    assert not [one for one in plain.notes if one.code == "own-vocabulary"]


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        (
            "canonical.yaml",
            "metrics: {entropy: {unit: bits, meaning: x}}",
            "1:11: the metric 'entropy' exists already",
        ),
        (
            "canonical.yaml",
            "metric: {grip: {unit: N}}",
            "1:1: unknown key 'metric' (did you mean 'metrics'?)",
        ),
        (
            "fingerprints.yaml",
            "schema: 1\nframeworks: {toy: {any: [{tags: [a]}]}}",
            "2:14: unknown framework 'toy'",
        ),
        (
            "fingerprints.yaml",
            "schema: 1\nframeworks: {cleanrl: {any: [{without: [a]}]}}",
            "an alternative needs a mark",
        ),
        ("fingerprint.yaml", "a: 1", "nothing reads this (did you mean 'fingerprints.yaml'?)"),
        (
            "frameworks/toy.yaml",
            "schema: 1\nname: tay\ntitle: T\nversions: 1\naxis: {unit: rows}\nmetrics: {a: fps}",
            "2:7: the name 'tay' must be the file's name (toy)",
        ),
        (
            "frameworks/toy.yaml",
            "schema: 1\nname: toy\ntitle: T\nversions: 1\nextends: toy\nmetrics: {a: fps}",
            "5:10: there is no other table of the name 'toy' to extend",
        ),
        (
            "../derived.yaml",
            "facts: {a: {unit: x, says: y, variants: [{from: [entropi], value: max(entropi)}]}}",
            "1:50: unknown metric 'entropi' (did you mean 'entropy'?)",
        ),
        (
            "../derived.yaml",
            "series: {a: {unit: x, says: y, variants: [{from: [b], value: b}]},\n"
            "  b: {unit: x, says: y, variants: []}}",
            "the metric 'b' is made later than this",
        ),
        (
            "../derived.yaml",
            "facts: {a: {unit: x, says: y, variants: [{value: run.solved}]}}",
            "1:50: unknown run.solved",
        ),
        (
            "../derived.yaml",
            "knobs: {horizon: {unit: x, says: y, variants: []}}",
            "1:9: 'horizon' is derived already",
        ),
        ("../policy.yaml", "outcome: {facts: {my_fact: '1'}}", "a pack's own facts stand in facts.yaml"),
    ],
)
def test_what_is_wrong_in_a_pack_is_told(call: Call, file: str, text: str, said: str) -> None:
    path = Path("pack/vocabulary", file)
    path.parent.mkdir(parents=True, exist_ok=True)
    Path("pack/vocabulary").mkdir(exist_ok=True)
    path.write_text(text)
    code, _, err = call("rules", "lint", "pack")
    assert code == 2
    assert said in " ".join(err.split())
    assert Path(file).name in err


def test_a_wrong_vocabulary_stops_the_reading_with_its_place(call: Call) -> None:
    pack = written_pack()
    path = pack / "vocabulary" / "frameworks" / "toylib.yaml"
    path.write_text(path.read_text().replace("episode_return", "episode_retrun"))
    code, _, err = call("analyze", "runs/toy", "--rules", "my-rules")
    assert code == 2
    assert "toylib.yaml:9:23: unknown metric 'episode_retrun' (did you mean 'episode_return'?)" in err
    with pytest.raises(RuleError, match="did you mean 'episode_return'"):
        rldoctor.load("runs/toy", rules_dirs=[pack])


def test_an_installed_package_brings_its_pack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pack = written_pack()
    home = tmp_path / "site"
    package = home / "toylib"
    shutil.copytree(pack, package / "rldoctor_rules")
    (package / "__init__.py").write_text(
        "raise RuntimeError('a pack is data: nothing of it may be imported')\n"
    )
    info = home / "toylib-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toylib\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[rldoctor.packs]\ntoylib = toylib.rldoctor_rules\n")
    monkeypatch.syspath_prepend(str(home))
    assert installed_packs() == (package / "rldoctor_rules",)
    assert "toylib" not in sys.modules
    (run,) = rldoctor.load("runs/toy")
    assert run.framework == "toylib"
    assert "MY-01" in fired(rldoctor.diagnose(run))
    shutil.rmtree(package / "rldoctor_rules")
    with pytest.raises(UsageError, match="the pack 'toylib' is not there"):
        installed_packs()


def test_the_built_in_pack_named_again_is_one_pack(tmp_path: Path) -> None:
    builtin = builtin_rules_dir()
    assert pack_directories([builtin, tmp_path, tmp_path]) == (builtin, tmp_path)
    assert api.rules([builtin]) == api.rules()
