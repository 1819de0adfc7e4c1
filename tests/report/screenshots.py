"""Makes the pictures of the documentation again, from bundled runs: ``python tests/report/screenshots.py``.

The list of images is the documentation's (``docs/images``); look at every picture before it is committed.
"""

import sys
import tempfile
from pathlib import Path

from chromium import Browser
from PIL import Image

import rldoctor
from rldoctor.report import write

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
RUNS = ROOT / "reference_runs"
ONE = "faulty/reward-exp-sharp/ppo-Reacher-v5-exp-0"
MANY = (
    "faulty/lr-too-high/ppo-Hopper-v5-[01]",
    "faulty/lr-zero/ppo-Hopper-v5-[01]",
    "faulty/reward-exp-sharp/ppo-Reacher-v5-exp-[01]",
    "healthy/ppo-Hopper-v5*",
    "healthy/ppo-Reacher-v5-exp-*",
)


def page(folder, name, places):
    """Writes a report of bundled runs, with paths as they are below the root of the project."""
    runs = [run for place in places for run in rldoctor.load(f"reference_runs/{place}")]
    write([rldoctor.diagnose(run) for run in runs], "html", folder / name)
    return folder / name


def scroll(browser, selector):
    browser.evaluate(f"document.querySelector('{selector}').scrollIntoView()")
    browser.settle()
    browser.settle()


def shoot(browser, name):
    browser.settle()
    browser.settle()
    browser.screenshot(IMAGES / name)
    with Image.open(IMAGES / name) as picture:  # 256 colours are enough for a page, and a third of the bytes
        picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(IMAGES / name, optimize=True)
    print(f"wrote {IMAGES / name}")


def run_pictures(browser, one):
    browser.open(one, width=1100, height=1250)
    shoot(browser, "report.png")
    browser.open(one, width=1000, height=900, dark=True)
    scroll(browser, ".card")
    shoot(browser, "report-dark.png")
    browser.open(one, width=390, height=900)
    shoot(browser, "report-phone.png")
    browser.open(one, width=1000, height=700)
    browser.evaluate("document.querySelector('.metrics').open = true")
    scroll(browser, ".metrics")
    browser.evaluate("document.querySelector('.metrics input').focus()")
    browser.type("kl")
    browser.settle()
    browser.evaluate("document.querySelector('.browse li:not([hidden]) button').click()")
    shoot(browser, "report-metrics.png")


def index_pictures(browser, many):
    browser.open(many, width=1100, height=720)
    browser.evaluate("document.querySelector('[data-sort=rank]').click()")
    shoot(browser, "report-index.png")
    browser.open(many, width=1100, height=620)
    scroll(browser, "#multiples")
    shoot(browser, "report-curves.png")


def main():
    import os

    os.chdir(ROOT)  # the reports show paths as a reader of the project would type them
    sys.argv = ["rldoctor", "analyze", f"reference_runs/{ONE}", "-f", "html", "-o", "report.html"]
    with tempfile.TemporaryDirectory() as folder:
        browser = Browser(Path(folder) / "profile")
        try:
            run_pictures(browser, page(Path(folder), "one.html", [ONE]))
            index_pictures(browser, page(Path(folder), "many.html", MANY))
        finally:
            browser.close()


if __name__ == "__main__":
    main()
