"""rldoctor.toml, [tool.rldoctor], and how the command line overrules them."""

import pytest
from every import every

from rldoctor.commands.option_kinds import listed, one_of, parse_map, parse_share, parse_thresholds
from rldoctor.commands.options import Options
from rldoctor.commands.settings import load_settings
from rldoctor.errors import UsageError

EXAMPLE = """
fail-on = "warning"
min_coverage = 0.5
select = ["POL", "VAL"]
ignore = "VAL-01"
rules = ["extra"]
format = ["html"]
output = ["report.html"]
algorithm = "ppo"
config = ["a.yml"]
[PREFIXset]
learning_rate = 3e-4
auto = true
[PREFIXmap]
"my/kl" = "approx_kl"
[PREFIXthresholds.POL-01]
kl_zero = 1e-4
"""


@pytest.mark.parametrize(
    ("name", "head", "prefix"),
    [("rldoctor.toml", "", ""), ("pyproject.toml", "[tool.rldoctor]", "tool.rldoctor.")],
)
def test_both_places_hold_the_same_keys(tmp_path, name, head, prefix):
    (tmp_path / name).write_text(head + EXAMPLE.replace("PREFIX", prefix))
    options = load_settings(tmp_path)
    assert options == Options(
        format=("html",),
        output=("report.html",),
        config=("a.yml",),
        set=("learning_rate=0.0003", "auto=true"),
        map={"my/kl": "approx_kl"},
        algorithm="ppo",
        select=("POL", "VAL"),
        ignore=("VAL-01",),
        rules=("extra",),
        thresholds={"POL-01": {"kl_zero": 1e-4}},
        fail_on="warning",
        min_coverage="0.5",
    )


def test_no_file_and_a_foreign_pyproject_mean_no_settings(tmp_path):
    assert load_settings(tmp_path) == Options()
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert load_settings(tmp_path) == Options()


@every(
    ("text", "says"),
    [
        ("fail_om = 'error'", r"unknown key 'fail_om' \(did you mean 'fail-on'\?\)"),
        ("select = 3", "'select': expected a text or a list of texts, got 3"),
        ("map = 'x'", "'map': expected a table"),
        ("[map]\nx = 1", "'x' must be the name of a metric"),
        ("[thresholds.POL-01]\nx = 'a'", "POL-01.x: expected a number"),
        ("[set]\nx = [1]", "settings are text, numbers or booleans"),
        ("fail-on = 1", "expected text"),
        ("a = ", "rldoctor.toml is not valid TOML"),
    ],
)
def test_mistakes_name_the_file_and_the_key(tmp_path, text, says):
    (tmp_path / "rldoctor.toml").write_text(text)
    with pytest.raises(UsageError, match=says) as caught:
        load_settings(tmp_path)
    assert "rldoctor.toml" in str(caught.value)


def test_the_command_line_wins_and_tables_are_merged():
    base = Options(
        fail_on="info", select=("A",), map={"a": "x", "b": "y"}, thresholds={"P": {"k": 1.0, "l": 2.0}}
    )
    mine = Options(select=("B",), map={"b": "z"}, thresholds={"P": {"k": 3.0}, "Q": {"m": 4.0}})
    merged = mine.over(base)
    assert (merged.fail_on, merged.select) == ("info", ("B",))
    assert merged.map == {"a": "x", "b": "z"}
    assert merged.thresholds == {"P": {"k": 3.0, "l": 2.0}, "Q": {"m": 4.0}}


def test_texts_of_the_command_line():
    assert parse_map(["my/kl=approx_kl", "a=b=entropy"]) == {"my/kl": "approx_kl", "a=b": "entropy"}
    assert parse_thresholds(["POL-01.kl=1e-4", "POL-01.x=2"]) == {"POL-01": {"kl": 1e-4, "x": 2.0}}
    assert listed(["POL-01, VAL", "ENT"]) == ("POL-01", "VAL", "ENT")
    assert parse_share("60%", "--x") == parse_share("0.6", "--x") == 0.6
    assert one_of("Error", ("error",), "--fail-on") == "error"


@pytest.mark.parametrize(
    ("function", "arguments", "says"),
    [
        (parse_map, [["approx_kl"]], "TAG=METRIC"),
        (parse_map, [["=approx_kl"]], "TAG=METRIC"),
        (parse_thresholds, [["kl=1"]], "CODE.name=value"),
        (parse_thresholds, [["POL-01.kl=small"]], "not a number"),
        (parse_share, ["60", "--min-coverage"], "between 0 and 1"),
        (parse_share, ["nan", "--min-coverage"], "between 0 and 1"),
        (one_of, ["eror", ("error", "never"), "--fail-on"], "did you mean 'error'"),
    ],
)
def test_wrong_texts_are_usage_errors(function, arguments, says):
    with pytest.raises(UsageError, match=says):
        function(*arguments)


def test_the_command_line_is_read_in_one_place(tmp_path, monkeypatch):
    """Every option of every command means the same, and wins over the settings file."""
    from rldoctor.commands import settings as given

    monkeypatch.chdir(tmp_path)
    (tmp_path / "rldoctor.toml").write_text('fail-on = "warning"\nignore = ["OUT"]\n', encoding="utf-8")
    options = given.options(
        map=["a=b=episode_return"], select=["POL,VAL-01"], threshold=["POL-01.kl_zero=1e-4"], fail_on="never"
    )
    assert options.map == {"a=b": "episode_return"}
    assert options.select == ("POL", "VAL-01")
    assert options.thresholds == {"POL-01": {"kl_zero": 1e-4}}
    assert options.fail_on == "never"
    assert options.ignore == ("OUT",), "from the file"
    assert options.given is not None
    assert options.given.ignore == ()
    with pytest.raises(UsageError, match="--threshold"):
        given.options(threshold=["POL-01=3"])
