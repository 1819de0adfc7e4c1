"""How much a reader has to look at: screens of a page, pages of paper, lines and digits on a terminal.

For maintainers: ``python tests/report/page_sizes.py --into DIR RUN...`` prints a row for each run and leaves
pictures of its first screens, of the whole page and of the paper in DIR. The tests use the same functions.
"""

import argparse
import base64
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from chromium import Browser

import rldoctor
from rldoctor.report import write
from rldoctor.report.terminal import render

SCREENS = {"wide": (1280, 800), "phone": (390, 844)}
FIRST = ".first .verdict, .first .plot, .first .do > .fixes .change, .first .do > .fixes .copy"
# A4 with Chromium's own margins.
PAPER = {"paperWidth": 8.27, "paperHeight": 11.69, "printBackground": True}
_NUMBER = re.compile(r"(?<![\w.,/-])\d*\.\d+(?:e[+-]?\d+)?(?![\w.])")


@dataclass
class Sizes:
    """``screens``: height of the page in screens by size; ``paper``: pages of A4; ``bytes`` of the file.

    ``first``: by size, how far down verdict, curve and change with its button end, in screens.
    """

    bytes: int
    screens: dict[str, float]
    first: dict[str, float]
    paper: int


def pages_of(pdf: bytes) -> int:
    """The pages of a PDF of Chromium, which leaves its page objects readable."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


def printed(browser: Browser) -> bytes:
    """The open page as a PDF."""
    pdf = base64.b64decode(browser.call("Page.printToPDF", **PAPER)["data"])
    browser.settle()
    return pdf


def sizes(browser: Browser, page: Path) -> Sizes:
    """Opens the page at each size, as it is when nobody has touched it, and prints it."""
    screens, first = {}, {}
    for name, (width, height) in SCREENS.items():
        browser.open(page, width=width, height=height)
        browser.settle()
        screens[name] = browser.evaluate("document.documentElement.scrollHeight") / height
        bottoms = f"[...document.querySelectorAll('{FIRST}')].map(one => one.getBoundingClientRect().bottom)"
        first[name] = browser.evaluate(f"Math.max(0, ...{bottoms})") / height
    browser.open(page, width=1280, height=800)
    browser.settle()
    return Sizes(page.stat().st_size, screens, first, pages_of(printed(browser)))


def digits(text: str) -> int:
    """The most significant digits that a decimal fraction of a text has."""
    found = [match.partition("e")[0].replace(".", "").lstrip("0") for match in _NUMBER.findall(text)]
    return max(map(len, found), default=0)


def pictures(browser: Browser, page: Path, into: Path, name: str) -> None:
    """First screen and whole page at each size, and the paper, page by page where pdftoppm is there."""
    for size, (width, height) in SCREENS.items():
        browser.open(page, width=width, height=height)
        browser.settle()
        browser.settle()
        browser.screenshot(into / f"{name}-{size}.png")
        tall = min(browser.evaluate("document.documentElement.scrollHeight"), 12_000)
        browser.size(width, tall)
        browser.settle()
        browser.settle()
        browser.screenshot(into / f"{name}-{size}-whole.png")
    browser.open(page, width=1280, height=800)
    browser.settle()
    (into / f"{name}.pdf").write_bytes(printed(browser))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", help="a run, or a folder of several for one page")
    parser.add_argument("--into", type=Path, help="folder of the pictures")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        browser = Browser(Path(folder) / "profile")
        try:
            print("run".ljust(48), "   KB  wide first phone first paper lines digits spaces")
            for number, place in enumerate(given.runs):
                _row(browser, place, Path(folder) / f"{number}.html", given.into)
        finally:
            browser.close()


def _row(browser: Browser, place: str, page: Path, into: Path | None) -> None:
    found = rldoctor.load(place)
    runs = getattr(found, "runs", found)
    diagnoses = [rldoctor.diagnose(run) for run in runs]
    write(diagnoses, "html", page)
    one, text = sizes(browser, page), render(diagnoses)
    piped = subprocess.run(
        [sys.executable, "-m", "rldoctor", "analyze", place], capture_output=True, text=True, check=False
    ).stdout
    name = "-".join(Path(place).parts[-2:])
    spaces = sum(line != line.rstrip() for line in piped.splitlines())
    print(
        f"{name[-48:]:48} {one.bytes // 1000:5} {one.screens['wide']:5.1f} {one.first['wide']:5.2f}"
        f" {one.screens['phone']:5.1f} {one.first['phone']:5.2f} {one.paper:5}"
        f" {len(text.splitlines()):5} {digits(text):6} {spaces:6}"
    )
    if into is not None:
        into.mkdir(parents=True, exist_ok=True)
        pictures(browser, page, into, name)


if __name__ == "__main__":
    main()
