"""Pairing formats with files."""

import pytest
from every import every

from rldoctor.commands.outputs import from_settings, in_order, plan_outputs
from rldoctor.errors import UsageError


def planned(line):
    return plan_outputs(in_order(line.split()))


@every(
    ("line", "expected"),
    [
        ("run", [("terminal", "-")]),
        ("run -o a.html", [("terminal", "-"), ("html", "a.html")]),
        ("run -f json", [("json", "-")]),
        ("run -f json -o a.txt", [("json", "a.txt")]),
        ("run -f json -o a -f html -o b", [("json", "a"), ("html", "b")]),
        ("-f json -f html -o b.html -o a.json run", [("html", "b.html"), ("json", "a.json")]),
        ("run -o a.html -f terminal", [("terminal", "-"), ("html", "a.html")]),
        ("run -f terminal -f json -o a.json", [("terminal", "-"), ("json", "a.json")]),
        ("--format=junit --output=x.log --set a=-f run", [("junit", "x.log")]),
        ("-fmarkdown -o=- run", [("markdown", "-")]),
        ("-f json -- -o", [("json", "-")]),
    ],
)
def test_an_output_belongs_to_the_format_before_it(line, expected):
    assert planned(line) == expected


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("-f xml", "unknown format 'xml'"),
        ("-o report", "cannot tell the format of report"),
        ("-f json -f html -o report", "cannot tell the format of report"),
        ("-f json -f html", "two reports cannot both go to standard output"),
        ("-f json -o a -f html -o a", "two reports cannot both go to a"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_hint(line, says):
    with pytest.raises(UsageError, match=says) as caught:
        planned(line)
    assert caught.value.hint


def test_settings_list_all_formats_first():
    assert plan_outputs(from_settings(["json", "html"], ["x.html", "y.json"])) == [
        ("html", "x.html"),
        ("json", "y.json"),
    ]
