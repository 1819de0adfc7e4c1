"""Puts views, figures and assets into the template."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rldoctor import __version__
from rldoctor.model.finding import Diagnosis
from rldoctor.report import words
from rldoctor.report.clean import clean
from rldoctor.report.html import provenance
from rldoctor.report.html.curves import MAX_POINTS
from rldoctor.report.html.figures import Figures
from rldoctor.report.html.index import index
from rldoctor.report.html.metrics import Browser, series_of
from rldoctor.report.html.view import Page, run_view
from rldoctor.report.terminal_summary import tally

HERE = Path(__file__).parent
# A page of many runs stays openable: all its curves together get this many points.
TOTAL_POINTS = 400_000
MIN_POINTS = 200
PLOTS = ("plotly-basic.min.js", "report.js", "metrics.js")


def render(diagnoses: Sequence[Diagnosis]) -> str:
    """The report as one HTML document."""
    page = _page(diagnoses)
    names = words.names(diagnoses)
    if len(diagnoses) == 1:
        names = [clean(diagnoses[0].run.path)]
    views = [run_view(i, n, d, page) for i, (n, d) in enumerate(zip(names, diagnoses, strict=True), 1)]
    figures, browser = page.figures, page.browser
    plots = bool(figures.figures) or any("y" in one for run in browser.runs for one in run)
    scripts = [asset(name) for name in (*(PLOTS if plots else ()), "page.js")]
    data = {
        "curves": figures.curves,
        "bands": figures.bands,
        "figures": figures.figures,
        "axes": browser.axes,
        "metrics": browser.runs,
    }
    text: str = template().render(
        runs=views,
        index=index(views, diagnoses),
        tally=tally(diagnoses),
        data=json_for_script(data),
        plots=plots,
        style=asset("report.css"),
        scripts=scripts,
        policy=content_policy(scripts),
        version=__version__,
        versions=provenance.versions(),
        command=provenance.command(),
        written=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
    )
    return text


def _page(diagnoses: Sequence[Diagnosis]) -> Page:
    many = len(diagnoses) > 1
    return Page(Figures(_points(diagnoses)), Browser(sum(map(series_of, diagnoses))), many)


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
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)
