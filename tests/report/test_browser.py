"""The HTML report in a real browser: curves are drawn, the console is quiet, nothing is requested."""

import json
import shutil
import subprocess

import pytest

from rldoctor.report import write

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium installed"),
]


def opened(page, tmp_path, *flags):
    """The page's DOM after its scripts, what the console said, and every web address that was asked for."""
    netlog = tmp_path / "net.json"
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-dev-shm-usage", f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr",
        f"--log-net-log={netlog}", "--window-size=1100,6000", "--virtual-time-budget=10000", *flags,
        "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return done.stdout, console, requested(netlog)


def requested(netlog):
    """Web addresses asked for by a page; what the browser asks for itself has no initiator."""
    text = netlog.read_text(encoding="utf-8", errors="replace").rstrip().rstrip(",")
    log = json.loads(text if text.endswith("}") else text + "]}")
    asked = [event.get("params", {}) for event in log["events"]]
    own = {None, "not an origin"}
    urls = {str(params.get("url", "")) for params in asked if params.get("initiator") not in own}
    return sorted(url for url in urls if url.startswith(("http", "ws", "ftp")))


def test_a_request_would_be_noticed(tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<script>console.error('x')</script><img src='http://127.0.0.1:9/pixel'>")
    _, console, urls = opened(page, tmp_path)
    assert urls == ["http://127.0.0.1:9/pixel"]
    assert console


def test_page_draws_its_curves_and_asks_for_nothing(make, tmp_path):
    page = tmp_path / "page.html"
    write([make("sick"), make("hostile")], "html", page)
    dom, console, urls = opened(page, tmp_path)
    assert console == []
    assert urls == []
    assert dom.count("data-figure=") > 0
    drawn = dom.count('data-drawn="yes"')
    assert drawn == dom.count("data-figure=") - 1  # the second curve of the cause is folded with its evidence
    assert dom.count('class="main-svg"') >= drawn
    assert dom.count("<script") == 8  # data, Plotly packed and put in, our four scripts


def test_folded_runs_are_not_drawn(make, tmp_path):
    page = tmp_path / "page.html"
    write([make("healthy"), make("sick"), make("no_data"), make("hostile")], "html", page)
    dom, console, urls = opened(page, tmp_path)
    assert console == []
    assert urls == []
    assert 'data-drawn="yes"' not in dom  # folded runs cost nothing
    assert dom.count('<details class="run"') == 4
