"""Pages in a real browser, by its DevTools protocol: what a reader, a keyboard and a screen reader get."""

import base64
import json
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from chromium import CHROMIUM, Browser
from report_samples import BUILDERS, EVIL_TAG, STEPS, healthy, ppo_run, ppo_series, sick

import rldoctor
from rldoctor.model.frame import MetricFrame
from rldoctor.model.raw import RawSeries
from rldoctor.report import write
from rldoctor.report.html.packing import pack

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium installed")]
AXE = Path(__file__).parent / "assets" / "axe.min.js"
RUNS = Path(__file__).parents[2] / "reference_runs"
SPIKE = 250_000.0


def many_tags():
    rng = np.random.default_rng(0)
    tags = [
        RawSeries(f"layer{i % 40}/weights/{i}", STEPS, rng.standard_normal(STEPS.size)) for i in range(2800)
    ]
    tags[7].values[311] = SPIKE
    return sick(ppo_run("wide", metrics=MetricFrame(ppo_series(), unmapped=tuple(tags))))


def no_returns():
    parts = {name: part for name, part in ppo_series().items() if name != "episode_return"}
    return healthy(ppo_run("blind", metrics=MetricFrame(parts)))


def bundled(place):
    return [rldoctor.diagnose(run) for run in rldoctor.load(RUNS / place)]


PAGES = {
    "sick": lambda: [sick()],
    "healthy": lambda: [healthy()],
    "empty": lambda: [BUILDERS["no_data"]()],
    "hostile": lambda: [BUILDERS["hostile"]()],
    "no returns": lambda: [no_returns()],
    "2,800 tags": lambda: [many_tags()],
    "bundled, sick": lambda: bundled("faulty/reward-exp-sharp/ppo-Reacher-v5-exp-0"),
    "bundled, healthy": lambda: bundled("healthy/ppo-Hopper-v5-0"),
    "bundled, off-policy": lambda: bundled("healthy/sac-Pendulum-v1-0"),
    "runs": lambda: [
        sick(ppo_run("frozen-0", seed=0)),
        sick(ppo_run("frozen-1", seed=1)),
        healthy(replace(ppo_run("fine", frozen=False), env="Hopper-v5")),
        BUILDERS["no_data"](),
        BUILDERS["hostile"](),
    ],
}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    one = Browser(tmp_path_factory.mktemp("profile"))
    yield one
    one.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Writes a page once and says where it is."""
    folder, known = tmp_path_factory.mktemp("pages"), {}

    def made(name):
        if name not in known:
            known[name] = folder / f"{len(known)}.html"
            write(PAGES[name](), "html", known[name])
        return known[name]

    return made


OPEN_ALL = "document.querySelectorAll('details').forEach(part => part.open = true)"


def violations(browser):
    browser.evaluate(AXE.read_text(encoding="utf-8"))
    found = browser.evaluate(
        "axe.run(document, {resultTypes: ['violations']}).then(r => JSON.stringify(r.violations))"
    )
    return [(one["id"], one["impact"], one["nodes"][0]["html"][:200]) for one in json.loads(found)]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_quiet_and_offline(browser, page, name, dark):
    width = 390 if dark else 1100
    browser.open(page(name), width=width, dark=dark)
    if name != "2,800 tags":
        browser.evaluate(OPEN_ALL)
    browser.settle()
    assert violations(browser) == []
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.console == []
    assert browser.requests == []


def test_a_violation_a_request_and_an_error_would_be_noticed(browser, tmp_path):
    bad = tmp_path / "bad.html"
    bad.write_text("<img src='http://127.0.0.1:9/x'><script>console.error('x')</script>", encoding="utf-8")
    browser.open(bad)
    assert {one[0] for one in violations(browser)} >= {"image-alt", "html-has-lang"}
    assert browser.requests == ["http://127.0.0.1:9/x"]
    assert browser.console


def test_pages_of_ordinary_runs_are_small(page):
    sizes = {name: page(name).stat().st_size for name in PAGES if name != "2,800 tags"}
    assert max(sizes.values()) < 1_000_000
    assert page("2,800 tags").stat().st_size < 4_500_000


def test_all_metrics_are_listed_filtered_and_plotted_on_demand(browser, page):
    browser.open(page("2,800 tags"))
    assert (
        browser.evaluate("document.querySelectorAll('.browse li').length") == 0
    )  # nothing before it is asked for
    browser.evaluate("document.querySelector('.metrics > summary').focus()")
    browser.key("Enter", 13)
    browser.settle()
    assert browser.evaluate("document.querySelectorAll('.browse li').length") == 2804
    assert (
        0 < browser.evaluate("document.querySelectorAll('.spark svg').length") < 200
    )  # only what can be seen
    browser.evaluate("document.querySelector('.metrics input').focus()")
    browser.type("layer7/ 7")
    browser.settle()
    seen = "[...document.querySelectorAll('.browse li:not([hidden])')]"
    assert browser.evaluate(f"{seen}.every(li => /layer7\\/.*7/.test(li.textContent))")
    assert browser.evaluate("document.querySelector('.found').textContent").endswith(" of 2804")
    browser.evaluate(
        f"{seen}.find(li => li.querySelector('code').textContent === 'layer7/weights/7').firstChild.focus()"
    )
    browser.key("Enter", 13)
    browser.settle()
    assert browser.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    drawn = "document.querySelector('.detail .plot').data[0].y"
    assert browser.evaluate(f"Math.max(...{drawn})") == SPIKE  # one point of 489, kept by the reduction
    assert browser.console == []


def test_hostile_tags_in_the_browser_of_metrics_are_text(browser, page):
    browser.open(page("hostile"))
    browser.evaluate(OPEN_ALL)
    browser.settle()
    browser.evaluate("document.querySelectorAll('.metric').forEach(one => one.click())")
    browser.settle()
    assert "<script>alert(1)</script>" in browser.evaluate("document.querySelector('.browse').textContent")
    assert browser.evaluate("document.querySelectorAll('.browse script').length") == 0
    assert "\x1b" in EVIL_TAG
    assert browser.console == []


def test_a_plot_answers_to_the_pointer(browser, page):
    browser.open(page("sick"))
    browser.settle()
    browser.evaluate("document.querySelector('.plot').scrollIntoView({block: 'center'})")
    place = browser.evaluate(
        "(r => [r.x + r.width / 2, r.y + 90])(document.querySelector('.plot').getBoundingClientRect())"
    )
    browser.mouse(*place)
    browser.settle()
    assert "step" in browser.evaluate("document.querySelector('.plot .hoverlayer').textContent")


def test_a_finding_has_a_link_that_opens_it(browser, page):
    browser.open(page("sick"), "#ENT-04")
    assert browser.evaluate("document.getElementById('ENT-04').closest('details').open")
    browser.open(page("runs"), "#run-2-POL-01")
    assert browser.evaluate("document.getElementById('run-2').open && !document.getElementById('run-1').open")


PACKABLE = {
    "nothing": "",
    "a letter": "a",
    "repeated": "abc" * 40_000,
    "any byte": "".join(map(chr, range(1, 0x2000))) * 3,
    "noise": base64.b64encode(np.random.default_rng(0).bytes(200_000)).decode(),
}


@pytest.mark.parametrize("name", PACKABLE)
@pytest.mark.parametrize("level", [0, 1, 9], ids=["stored", "fast", "best"])
def test_the_page_opens_what_was_packed(browser, page, name, level):
    text = PACKABLE[name]
    packed = pack(text)
    assert zlib.decompress(base64.b64decode(packed.data), -15).decode() == text
    press = zlib.compressobj(level, zlib.DEFLATED, -15)  # the other kinds of blocks that deflate has
    other = base64.b64encode(press.compress(text.encode()) + press.flush()).decode()
    browser.open(page("empty"))
    for data in (packed.data, other):
        bytes_of = f"Uint8Array.from(atob('{data}'), one => one.charCodeAt(0))"
        opened = f"new TextDecoder().decode(rldoctor.inflate({bytes_of}, {packed.size}))"
        assert browser.evaluate(opened) == text


def test_a_run_of_a_long_page_is_filled_when_it_is_opened(browser, page):
    browser.open(page("runs"))
    assert browser.evaluate("document.querySelectorAll('.card, .plot').length") == 0
    assert browser.evaluate("typeof Plotly") == "undefined"
    seen = "[...document.querySelectorAll('details.run')].filter(one => one.checkVisibility()).length"
    assert browser.evaluate(seen) == 0  # a folded run is its row of the table
    browser.evaluate("document.querySelector('#index tr[data-run=run-2] a').focus()")
    browser.key("Enter", 13)
    browser.settle()
    assert browser.evaluate("document.querySelectorAll('#run-2 .card').length") == 1
    assert browser.evaluate("document.querySelectorAll('#run-1 .card, .run .brief').length") == 4
    browser.evaluate("document.querySelector('#run-2 .plot').scrollIntoView()")
    browser.settle()
    browser.settle()
    assert browser.evaluate("document.querySelectorAll('#run-2 .main-svg').length") > 0
    assert browser.evaluate("document.querySelectorAll('#run-2 .copy').length") > 0
    assert browser.console == []


def test_the_browsers_own_search_finds_what_is_folded(browser, page):
    browser.open(page("runs"))
    browser.evaluate("dispatchEvent(new KeyboardEvent('keydown', {key: 'f', ctrlKey: true}))")
    browser.settle()
    browser.settle()
    assert browser.evaluate("document.querySelectorAll('.brief').length") == 0
    assert browser.evaluate("window.find('policy_kwargs.net')")


def test_paper_has_the_runs_that_are_open(browser, page):
    browser.open(page("runs"))
    browser.evaluate("document.getElementById('run-1').open = true")
    browser.settle()
    browser.media(kind="print")
    browser.evaluate("dispatchEvent(new Event('beforeprint'))")
    text = browser.evaluate("document.body.innerText")
    assert "the runs that were open when it was printed" in text
    assert "Median KL 2.1e-08" in text
    shown = "[...document.querySelectorAll('.run')].filter(one => one.checkVisibility()).map(one => one.id)"
    assert browser.evaluate(shown) == ["run-1"]
    browser.evaluate("dispatchEvent(new Event('afterprint'))")
    browser.settle()
    assert browser.evaluate("document.querySelectorAll('details.run[open]').length") == 1
    assert browser.evaluate("document.querySelectorAll('.run .brief').length") == 4
    browser.media()


def test_a_long_page_without_scripts_says_what_was_found(browser, page):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(page("runs"))
        tree = browser.call("DOM.getDocument", depth=-1)
        text = json.dumps(tree)
        assert "is packed, to keep the file small, and needs JavaScript" in text
        assert "The policy stopped changing" in text
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)


@pytest.mark.parametrize("allowed", [True, False])
def test_a_snippet_is_copied_with_and_without_permission(browser, page, allowed):
    browser.open(page("sick"))
    writer = (
        "async text => { window.got = text }" if allowed else "async () => { throw new Error('refused') }"
    )
    browser.evaluate(f"Object.defineProperty(navigator, 'clipboard', {{ value: {{ writeText: {writer} }} }})")
    browser.evaluate("document.addEventListener('copy', () => { window.got = String(getSelection()) })")
    browser.evaluate("document.querySelector('.fixes .copy').click()")
    browser.settle()
    assert browser.evaluate("window.got") == "learning_rate=0.001,"
    assert browser.evaluate("document.getElementById('said').textContent") == "Copied"


def test_colours_follow_the_switch_and_paper_is_light_and_open(browser, page):
    browser.open(page("sick"), dark=True)
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = browser.evaluate(colour)
    press = "document.querySelector('[data-theme-switch]').click()"
    browser.evaluate(press)
    light = browser.evaluate(colour)
    assert light != dark
    browser.evaluate(press)
    assert browser.evaluate(colour) == dark
    browser.evaluate("dispatchEvent(new Event('beforeprint'))")
    folds = "[...document.querySelectorAll('details')].filter(part => part.open).map(part => part.className)"
    assert browser.evaluate(folds) == ["of-evidence"]
    assert browser.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    browser.evaluate("dispatchEvent(new Event('afterprint'))")
    assert browser.evaluate(folds) == []
    browser.evaluate("document.querySelector('[data-unfold]').click()")  # who wants all of it on paper
    browser.evaluate("dispatchEvent(new Event('beforeprint'))")
    on_paper = browser.evaluate("document.body.innerText")
    for folded in ("OFF-01", "policy_kwargs.net", "custom/foo", "read one event file", "limit 1e-05"):
        assert folded in on_paper
    browser.evaluate("dispatchEvent(new Event('afterprint'))")
    browser.evaluate("document.querySelector('[data-unfold]').click()")
    assert browser.evaluate(folds) == []
    browser.evaluate(press)  # back to automatic for the tests that follow
    assert len(browser.call("Page.printToPDF")["data"]) > 20_000


def test_a_code_opens_what_the_rule_means(browser, page):
    browser.open(page("sick"))
    browser.evaluate("document.querySelector('.card a.rule').focus()")
    browser.key("Enter", 13)
    browser.settle()
    said = browser.evaluate("document.querySelector('dialog[open]').innerText")
    assert said.startswith("Close")
    for part in (
        "POL-01 The policy does not move",
        "limit 1e-05 nats",
        "found in",
        "annealed to zero on purpose",
    ):
        assert part in said
    assert violations(browser) == []
    browser.key("Escape", 27)
    assert browser.evaluate("document.querySelector('dialog[open]')") is None
    assert browser.evaluate("document.activeElement.className") == "rule"
    browser.open(page("sick"), "#rule-VAL-01")  # one that did not fire: packed
    assert browser.evaluate("document.getElementById('rule-VAL-01').checkVisibility()")


def test_the_table_of_runs_is_sorted_filtered_and_grouped(browser, page):
    browser.open(page("runs"))
    rows = "[...document.querySelectorAll('#index tr[data-run]:not([hidden])')].map(row => row.dataset.run)"
    groups = "[...document.querySelectorAll('#index tr.group:not([hidden])')].map(row => row.innerText)"
    assert browser.evaluate(rows) == ["run-1", "run-2", "run-5", "run-4", "run-3"]  # worst first
    (group,) = browser.evaluate(groups)
    assert group.split()[0].endswith("frozen")
    assert "CRITICAL 2 seeds: 2 critical; POL-01 The policy stopped changing (2 of 2)" in group
    browser.evaluate("document.querySelector('[data-sort=value]').click()")
    assert browser.evaluate("document.querySelector('[aria-sort=ascending]').textContent") == "Last return"
    browser.evaluate("document.querySelector('[data-sort=rank]').click()")
    assert browser.evaluate("document.querySelector('[aria-sort=ascending]').textContent") == "Verdict"
    assert browser.evaluate(rows) == ["run-1", "run-2", "run-5", "run-4", "run-3"]
    browser.evaluate("document.querySelector('[data-sort=rank]').click()")
    assert browser.evaluate(rows)[0] == "run-3"
    browser.evaluate("document.querySelector('[data-index-controls] input[type=search]').focus()")
    browser.type("pol-01")
    assert sorted(browser.evaluate(rows)) == ["run-1", "run-2"]
    found = "document.querySelector('[data-index-controls] .found').textContent"
    assert browser.evaluate(found) == "2 of 5 runs"
    assert browser.evaluate("document.querySelectorAll('.multiples > li:not([hidden])').length") == 1
    assert browser.evaluate("document.querySelectorAll('.multiples > li:not([hidden]) path').length") == 2
    browser.evaluate("document.querySelector('.seeds').click()")
    assert browser.evaluate(rows) == []
    assert browser.evaluate(found) == "2 of 5 runs"
    browser.evaluate("document.querySelector('[data-index-controls] input[type=checkbox]').click()")
    assert browser.evaluate(groups) == []
    assert sorted(browser.evaluate(rows)) == ["run-1", "run-2"]
    assert browser.evaluate("location.hash") == "#runs?q=pol-01&sort=-rank&groups=no"
    assert browser.console == []


def test_the_address_keeps_what_was_filtered(browser, page):
    browser.open(page("runs"), "#runs?q=the+policy&verdict=critical&sort=-onset&groups=no")
    rows = "[...document.querySelectorAll('#index tr[data-run]:not([hidden])')].map(row => row.dataset.run)"
    assert sorted(browser.evaluate(rows)) == ["run-1", "run-2"]
    assert browser.evaluate("document.querySelector('[aria-sort=descending]').textContent") == "Since step"
    browser.evaluate("document.querySelector('#index a').click()")  # a run is opened, and the list is kept
    browser.settle()
    assert browser.evaluate("location.hash") in ("#run-1", "#run-2")
    assert browser.evaluate("document.querySelectorAll('details.run[open]').length") == 1
    browser.evaluate("history.back()")
    browser.settle()
    assert browser.evaluate("document.querySelector('[data-index-controls] select').value") == "critical"
