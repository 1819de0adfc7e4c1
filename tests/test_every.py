"""``every`` fails where a test of one datum fails: run by a pytest of its own, on files written here."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

START = "import pytest\nfrom every import every\n"
ODD = '@every("number", range(5))\ndef test_even(number):\n    assert number % 2 == 0\n'


@pytest.fixture
def outcome(pytester: pytest.Pytester, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """Runs the text of a test file; what pytest counted and wrote."""
    # Each inner pytest would import the plugins of this environment afresh: a second a run.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest((request.path.parent / "conftest.py").read_text(encoding="utf-8"))

    def run(text: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(test_it=START + text)
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", *options)

    return run


def test_every_datum_that_fails_is_reported_by_name(outcome) -> None:
    done = outcome(ODD)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        ["*2 of 5 data failed*", "*--- 1", "*assert (1 % 2) == 0*", "*--- 3", "*assert (3 % 2) == 0*"]
    )
    assert "--- 2" not in done.stdout.str()


def test_the_data_are_counted(outcome) -> None:
    done = outcome('@every("number", [2, 4])\ndef test_even(number):\n    assert number % 2 == 0\n')
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(["*2 data in 1 of the tests (0 data skipped)*"])


def test_an_error_and_a_call_of_fail_are_failures_too(outcome) -> None:
    done = outcome(
        '@every("act", [lambda: 1 / 0, lambda: pytest.fail("no good")], ids=["error", "fail"])\n'
        "def test_act(act):\n    act()\n"
    )
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*2 of 2*", "--- error", "*ZeroDivisionError*", "--- fail", "*no good*"])


def test_data_from_a_function_are_read_when_the_test_runs(outcome) -> None:
    text = 'def read():\n    raise OSError("gone")\n@every("one", read)\ndef test_it(one):\n    pass\n'
    outcome(text, "--collect-only").assert_outcomes()
    outcome(text).assert_outcomes(failed=1)


def test_no_data_are_a_failure(outcome) -> None:
    done = outcome('@every("one", [])\ndef test_it(one):\n    pass\n')
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*no data: this test cannot fail*"])


def test_one_skipped_datum_is_counted_and_all_skipped_is_a_skip(outcome) -> None:
    text = '@every("one", [1, 2])\ndef test_it(one):\n    if one {}:\n        pytest.skip("not here")\n'
    some, all_ = outcome(text.format("> 1")), outcome(text.format("> 0"))
    some.assert_outcomes(passed=1)
    some.stdout.fnmatch_lines(["*(1 data skipped)*"])
    all_.assert_outcomes(skipped=1)


def test_each_datum_has_its_own_folder_patches_and_output(outcome) -> None:
    outcome(
        "import os\n"
        '@every("one", [1, 2])\n'
        "def test_it(one, tmp_path, monkeypatch, capsys):\n"
        "    assert not list(tmp_path.iterdir())\n"
        '    (tmp_path / "left").touch()\n'
        '    assert "LEFT" not in os.environ\n'
        '    monkeypatch.setenv("LEFT", "1")\n'
        '    print(f"said {one}")\n'
        '    assert capsys.readouterr().out == f"said {one}\\n"\n'
        '    print("left behind")\n'
    ).assert_outcomes(passed=1)


def test_fixtures_names_and_several_arguments_are_those_of_parametrize(outcome) -> None:
    done = outcome(
        "@pytest.fixture\ndef base():\n    return 10\n"
        '@every("a, b", [(1, 11), pytest.param(2, 13, id="wrong"), (3, 14), (3, 14)])\n'
        '@pytest.mark.parametrize("sign", [1, -1])\n'
        "def test_sum(base, a, b, sign):\n    assert (base + a) * sign == b * sign\n"
    )
    done.assert_outcomes(failed=2)
    done.stdout.fnmatch_lines(["*3 of 4*", "--- wrong", "--- 3-14", "--- 3-14 (2)"])


def test_a_datum_can_be_picked_and_the_first_failure_can_end_it(outcome) -> None:
    outcome(ODD, "--datum", "4").assert_outcomes(passed=1)
    outcome(ODD, "--datum", "3").assert_outcomes(failed=1)
    outcome(ODD, "-x").stdout.fnmatch_lines(["*1 of 5 data failed*"])


def test_after_ten_tracebacks_the_names_are_enough(outcome) -> None:
    done = outcome('@every("one", range(100, 115))\ndef test_it(one):\n    assert one < 0\n')
    done.stdout.fnmatch_lines(["*15 of 15*", "--- 109", "--- and these:", "110", "114"])
    assert "--- 110" not in done.stdout.str()
