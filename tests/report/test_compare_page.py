"""The HTML page of a comparison in a real browser."""

import shutil
from pathlib import Path

import pytest
from test_browser import opened

import rldoctor
from rldoctor.report import comparison

RUNS = Path(rldoctor.__file__).parents[1] / "reference_runs"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
        reason="no Chromium installed",
    ),
    pytest.mark.skipif(not (RUNS / "faulty/lr-zero").is_dir(), reason="no bundled reference runs"),
]


def test_both_arms_are_drawn_and_nothing_is_requested(tmp_path):
    page = tmp_path / "compare.html"
    found = rldoctor.compare(RUNS / "healthy/ppo-Hopper-v5-0", RUNS / "faulty/lr-zero/ppo-Hopper-v5-0")
    comparison.write(found, "html", page)
    dom, console, urls = opened(page, tmp_path)
    assert (console, urls) == ([], [])
    assert dom.count("data-figure=") == dom.count('data-drawn="yes"') > 1
    # One line for the base and one for the candidate in every figure.
    assert dom.count('class="trace scatter') == 2 * dom.count("data-figure=")
