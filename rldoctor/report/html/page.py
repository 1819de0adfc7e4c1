"""Puts views, figures and assets into the template."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from rldoctor import __version__
from rldoctor.model.finding import Diagnosis
from rldoctor.model.reading import WHOLE, Unread
from rldoctor.plain_data import replace
from rldoctor.report import losses, run_names
from rldoctor.report.clean import clean
from rldoctor.report.html import provenance
from rldoctor.report.html.codes import Codes
from rldoctor.report.html.curves import MAX_POINTS
from rldoctor.report.html.figures import Figures
from rldoctor.report.html.index import index
from rldoctor.report.html.metrics import Browser, series_of
from rldoctor.report.html.packing import Packed, pack
from rldoctor.report.html.view import Page, run_view
from rldoctor.report.rule_texts import RuleText, texts_of
from rldoctor.report.terminal_summary import tally

HERE = Path(__file__).parent
# A page of many runs stays openable: all its curves together get this many points.
TOTAL_POINTS = 400_000
MIN_POINTS = 200
# More runs than these are packed: each is put into the page when it is opened.
UNPACKED = 3
PLOTS = ("report.js", "metrics.js")
PLOTLY = "plotly-basic.min.js"


def render(diagnoses: Sequence[Diagnosis], *, reading: Unread = WHOLE) -> str:
    """The report as one HTML document."""
    names = run_names.names(diagnoses)
    if len(diagnoses) == 1:
        names = [clean(diagnoses[0].run.path)]
    packed = len(diagnoses) > UNPACKED
    texts, fired = texts_of(diagnoses), _fired(diagnoses)
    pages = _pages(diagnoses, Codes(texts, fired), packed=packed)
    views = [run_view(i, *one) for i, one in enumerate(zip(names, diagnoses, pages, strict=True), 1)]
    plots = any(page.figures.figures or page.browser.drawable for page in pages)
    scripts = [asset(name) for name in ("unpack.js", *(PLOTS if plots else ()), "page.js")]
    common = {"versions": provenance.versions(), "command": provenance.command()}
    text: str = template().render(
        runs=views,
        packs=[_packed(*one, common) for one in zip(views, pages, strict=True)] if packed else [],
        index=index(views, diagnoses),
        rules=list(texts.values()),
        rules_pack=_meanings(texts),
        fired=fired,
        tally=tally(diagnoses),
        not_read=losses.not_read(reading),
        data=json_for_script(_data(pages[0])) if plots and not packed else "",
        plotly=pack(asset(PLOTLY)) if plots else None,
        licence=asset("plotly-basic.LICENSE.txt"),
        style=asset("report.css"),
        scripts=scripts,
        policy=content_policy([*scripts, *([asset(PLOTLY)] if plots else [])]),
        version=__version__,
        **common,
        written=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
    )
    return text


def _meanings(texts: Mapping[str, RuleText]) -> Packed:
    """What each rule means, as the page puts it in when a code is looked up."""
    body = template("rules.html.j2").render(rules=list(texts.values()))
    return pack(json.dumps({"html": body, "data": None}, separators=(",", ":")))


def _fired(diagnoses: Sequence[Diagnosis]) -> set[str]:
    """The rules that say something of a run: their texts can be read without a script."""
    roots = [root for one in diagnoses for root in one.roots]
    return {finding.code for root in roots for finding in (root.finding, *root.explains)}


def _pages(diagnoses: Sequence[Diagnosis], codes: Codes, *, packed: bool) -> list[Page]:
    """What each run collects its curves in: all runs one place, or each its own where they are packed."""
    points, series = _points(diagnoses), sum(map(series_of, diagnoses))
    first = Page(Figures(points), Browser(series), len(diagnoses) > 1, codes)
    if not packed:
        return [first] * len(diagnoses)
    return [replace(first, figures=Figures(points), browser=Browser(series)) for _ in diagnoses]


def _data(page: Page) -> dict[str, object]:
    """What the scripts draw."""
    figures, browser = page.figures, page.browser
    return {
        "curves": figures.curves,
        "bands": figures.bands,
        "figures": figures.figures,
        "axes": browser.axes,
        "metrics": browser.runs,
    }


def _packed(view: dict[str, Any], page: Page, common: dict[str, str]) -> Packed:
    """A run as the page puts it in when it is opened."""
    body = template("run.html.j2").render(run=view, **common)
    return pack(json.dumps({"html": body, "data": _data(page)}, separators=(",", ":"), allow_nan=False))


def _points(diagnoses: Sequence[Diagnosis]) -> int:
    """Points per curve, so that many runs share one budget."""
    curves = sum(1 + sum(len(root.finding.metrics) for root in d.roots) for d in diagnoses)
    return max(MIN_POINTS, min(MAX_POINTS, TOTAL_POINTS // max(1, curves)))


def json_for_script(value: Any) -> str:
    """JSON that cannot end the ``<script>`` element it stands in, nor start a comment."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def content_policy(scripts: Sequence[str]) -> str:
    """A Content-Security-Policy that allows exactly our scripts and no request to anywhere."""
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts) or "'none'"
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def asset(name: str) -> str:
    """A style sheet or script of ours, safe inside its element."""
    text = (HERE / "assets" / name).read_text(encoding="utf-8")
    if "</script" in text.lower():
        text = text.replace("</script", "<\\/script")
    return text


def template(name: str = "page.html.j2") -> Any:
    """A template of ours; everything put into it is escaped, and a missing value is an error."""
    return _environment().get_template(name)


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
