"""The whole site, built strictly and opened from the disk in headless Chromium."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

pytest.importorskip("material", reason="the site needs the extra 'docs'")
ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tests" / "report"))
from chromium import CHROMIUM, Browser  # noqa: E402

AXE = ROOT / "tests" / "report" / "assets" / "axe.min.js"
pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAGES = ["index", "rules/POL-01", "rules/index", "getting-started/measurable", "adding-a-reader"]
OFFENCES = (
    "axe.run(document, {resultTypes: ['violations']})"
    ".then(r => r.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target.join(' ')).join()))"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("site")
    found = {**os.environ, "SITE_DIR": str(place), "NO_MKDOCS_2_WARNING": "1", "REPO_URL": "", "SITE_URL": ""}
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"],
        cwd=ROOT, env=found, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return place


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here")
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


def events(browser: Browser, *methods: str) -> list[str]:
    return [str(event["params"]) for event in browser.events if event["method"] in methods]


def addresses(browser: Browser) -> list[str]:
    sent = [event["params"] for event in browser.events if event["method"] == "Network.requestWillBeSent"]
    return [one["request"]["url"] for one in sent if not one["request"]["url"].startswith("data:")]


def settled(browser: Browser) -> None:
    """Until the theme and the page's own script have made what they make after loading."""
    browser.evaluate("new Promise(done => setTimeout(done, 400))")


def test_every_page_of_the_site_is_there(site: Path) -> None:
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    sources = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    wanted = {
        (path.parent / path.name.replace("README", "index")).with_suffix(".html").as_posix()
        for path in sources
    }
    assert wanted <= pages
    assert all("<!-- fill" not in (site / page).read_text(encoding="utf-8") for page in wanted)


class Links(HTMLParser):
    """Where a page leads, and the places in it that can be led to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.targets: set[str] = set()
        self.places: set[str] = {""}
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value is not None:
                self.targets.add(value)
            elif name == "id" and value is not None:
                self.places.add(value)


def test_no_link_within_the_site_is_dead(site: Path) -> None:
    pages = {path: Links(path) for path in site.rglob("*.html") if path.name != "404.html"}
    dead = []
    for path, links in pages.items():
        for target in links.targets:
            where = urlsplit(target)
            if where.scheme:
                continue
            to = (path.parent / unquote(where.path)).resolve() if where.path else path
            anchored = (
                to not in pages
                or where.fragment.startswith("__")
                or unquote(where.fragment) in pages[to].places
            )
            if not (to.is_file() and anchored):
                dead.append(f"{path.relative_to(site)}: {target}")
    assert dead == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_nothing_from_elsewhere_and_is_accessible(
    site: Path, browser: Browser, page: str
) -> None:
    browser.open(site / f"{page}.html", width=390, dark=page == "rules/POL-01")
    settled(browser)
    asked = addresses(browser)
    assert [url for url in asked if not url.startswith(site.as_uri())] == []
    assert len(asked) > 3
    assert events(browser, "Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled") == []
    assert browser.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    browser.evaluate(AXE.read_text(encoding="utf-8") + ";1")
    assert browser.evaluate(OFFENCES) == []


def test_the_search_finds_a_rule_in_a_site_on_the_disk(site: Path, browser: Browser) -> None:
    browser.open(site / "index.html")
    settled(browser)
    browser.evaluate(
        "document.querySelector('#__search').click(), document.querySelector('.md-search__input').focus()"
    )
    browser.type("temperature collapses")
    # The site searches while one types: the first results are those of half a word.
    found = False
    until = time.monotonic() + 30
    while not found and time.monotonic() < until:
        settled(browser)
        links = browser.evaluate(
            "[...document.querySelectorAll('.md-search-result__link')].map(one => one.href)"
        )
        found = any("rules/ENT-04.html" in link for link in links)
    assert found
    assert [url for url in addresses(browser) if not url.startswith(site.as_uri())] == []
    assert events(browser, "Runtime.exceptionThrown", "Log.entryAdded") == []


def test_light_and_dark_follow_the_system(site: Path, browser: Browser) -> None:
    seen = []
    for dark in (False, True):
        browser.open(site / "rules" / "POL-01.html", dark=dark)
        settled(browser)
        seen.append(
            browser.evaluate(
                "[document.body, document.querySelector('.rd-plot .rd-curve')].map(part => "
                "getComputedStyle(part)[part === document.body ? 'backgroundColor' : 'stroke'])"
            )
        )
    assert seen[0][0] != seen[1][0]
    assert seen[0][1] != seen[1][1]
