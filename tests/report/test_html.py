"""The HTML report as text."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from rldoctor.model.frame import MetricFrame
from rldoctor.model.series import Series
from rldoctor.report import render
from rldoctor.report.html.page import content_policy, json_for_script
from rldoctor.report.html.view import web_address

VOID = {"meta", "link", "br", "rect", "path", "input"}


class Page(HTMLParser):
    """Collects elements, text outside scripts, and unbalanced tags."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.words, self.open, self.faults, self.ids = [], [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append((tag, self.getpos()))

    def handle_data(self, data):
        if self.open and self.open[-1] not in {"script", "style"}:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


@pytest.mark.parametrize(
    "names", [["sick"], ["healthy"], ["no_data"], ["hostile"], ["sick", "hostile", "no_data"]]
)
def test_pages_are_balanced_and_refer_only_to_themselves(make, names):
    page = Page(render([make(name) for name in names], "html"))
    assert page.faults == []
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    for tag, name, value in page.attributes:
        if name == "href" and tag == "a" and value.startswith("#"):
            assert value[1:] in page.ids
        assert name not in {"src", "srcset", "onclick", "onerror", "onload", "style"}
        assert (tag, name) != ("link", "href") or value == "data:,"
    assert "h1" in page.tags


def test_a_report_says_everything_in_order(make):
    page = Page(render([make("sick")], "html"))
    text = page.text
    places = [
        text.index(part)
        for part in (
            "The policy stopped changing, since step 204,800.",
            "4 of 6 rules could look",
            "episode return",
            "Do this first",
            "argument of PPO(...) learning_rate=0.001,",
            "Root cause",
            "Evidence: ",
            "median KL",
            "Explains 2 symptoms",
            "Why not something else",
            "How far to trust this",
            "About the log",
            "Not measured",
            "Hyperparameters",
            "All metrics",
            "Passed",
            "Do not apply",
            "Logged but not understood",
            "Where this comes from",
            "What each rule means",
        )
    ]
    assert places == sorted(places)
    for part in (
        "too small",
        "args.yml:12",
        "custom/foo",
        "policy_kwargs.net",
        'logger.record("train/exp',
    ):
        assert part in text


def test_hostile_text_is_shown_and_never_markup(make):
    source = render([make("hostile")], "html")
    page = Page(source)
    assert page.tags.count("script") == 6  # our data, Plotly packed, our four scripts
    assert "<script>alert(1)</script>{{7*7}}</script>" in page.text
    assert "49" not in re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "", page.text)
    assert "\x1b" not in source
    assert "\u202e" not in source
    assert not any(value and value.startswith("javascript:") for _, _, value in page.attributes)


def test_json_cannot_leave_its_script():
    text = json_for_script({"a": "</script><!--<script>&"})
    assert not set("<>&") & set(text)
    assert json.loads(text) == {"a": "</script><!--<script>&"}


def test_policy_forbids_the_network_and_allows_only_our_scripts(make):
    policy = content_policy(["alert(1)"])
    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert "script-src 'none'" in content_policy([])
    assert "http" not in policy


def test_curves_are_on_the_page_once_and_hold_no_text(make):
    source = render([make("sick")], "html")
    data = json.loads(re.search(r'id="data">(.*?)</script>', source, re.S)[1])
    assert len(data["curves"]) == 3
    assert len(data["figures"]) == 3
    by_kind = [figure for figure in data["figures"] if figure["limits"]]
    assert [limit["at"] for figure in by_kind for limit in figure["limits"]] == [1e-5]
    assert by_kind[0]["type"] == "log"
    assert by_kind[0]["marks"][0]["at"] == 204_800
    assert by_kind[0]["limits"][0]["side"] == -1


def test_size_stays_near_the_bundle_even_for_long_curves(make):
    diagnosis = make("sick")
    n = 200_000
    steps, rng = np.arange(1.0, n + 1), np.random.default_rng(0)
    long = {k: Series(k, steps, rng.random(n), k, s.unit) for k, s in diagnosis.run.metrics.series.items()}
    object.__setattr__(diagnosis.run, "metrics", MetricFrame(long))
    assert len(render([diagnosis], "html")) < 1_400_000
    assert len(render([make("no_data")], "html")) < 60_000


def test_many_runs_share_one_bundle_and_get_an_index(make):
    source = render([make("sick"), make("healthy"), make("no_data")], "html")
    page = Page(source)
    assert "3 runs" in page.text
    assert page.tags.count("details") >= 3
    assert {"run-1", "run-2", "run-3"} <= set(page.ids)
    assert len(source) < 1_500_000


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.org/a?b=c", "https://example.org/a?b=c"),
        ("javascript:alert(1)", ""),
        ("JAVASCRIPT:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//example.org", ""),
        ("http://[broken", ""),
        ("", ""),
    ],
)
def test_only_web_addresses_become_links(url, safe):
    assert web_address(url) == safe
