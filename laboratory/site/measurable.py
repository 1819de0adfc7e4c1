"""Which rules can look at what each framework logs when nothing is added: asked of the engine, not typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from laboratory.site.routes import how
from rldoctor import api
from rldoctor.datafiles.canonical import vocabulary_names
from rldoctor.datafiles.read import SCHEMA, checked
from rldoctor.datafiles.scalars import Name, PlainValue, TextValue
from rldoctor.datafiles.shapes import ListOf, MapOf, Record
from rldoctor.engine.what_to_log import LoggedSoFar
from rldoctor.model.finding import Outcome, RuleResult
from rldoctor.model.raw import RawRun, RawSeries, RawSetting
from rldoctor.model.run import Run
from rldoctor.vocabulary.mapping import understand

POINTS = 200
STRIDE = 1000
FILE = Path(__file__).with_name("logged.yaml")
_TAGS = ListOf(TextValue(), unique=True)
_LOG = Record(
    {
        "framework": Name("framework"),
        "algorithm": Name("algorithm"),
        "title": TextValue(),
        "from": TextValue(),
        "tags": _TAGS,
    },
    {"counters": _TAGS, "like": TextValue(), "settings": MapOf(PlainValue())},
)
LOGGED_FILE = Record({"schema": SCHEMA, "logs": ListOf(_LOG, least=1)})


@dataclass(frozen=True, slots=True, eq=False)
class Logged:
    """What one algorithm of a framework writes by itself (``logged.yaml``). ``like``: a bundled run of it."""

    framework: str
    algorithm: str
    title: str
    source: str
    tags: tuple[str, ...]
    counters: frozenset[str] = frozenset()
    settings: Mapping[str, object] = field(default_factory=dict)
    like: str = ""

    @property
    def key(self) -> str:
        """``framework algorithm``, as pages name it."""
        return f"{self.framework} {self.algorithm}"


@dataclass(frozen=True, slots=True)
class Measurable:
    """What the rules can do with such a log.

    ``lacking``: code to what it lacks (metrics, ``config.x``; ``a or b``). ``unfit``: rules of other
    algorithms. ``present``: metrics and settings (``config.x``) that are there. ``hints``: metric to line.
    """

    logged: Logged
    looks: frozenset[str]
    lacking: Mapping[str, tuple[str, ...]]
    unfit: frozenset[str]
    present: frozenset[str]
    hints: Mapping[str, str]


@lru_cache(maxsize=1)
def every_log() -> tuple[Logged, ...]:
    """The rows of ``logged.yaml``; RuleError with every problem of the file."""
    rows = checked(FILE, LOGGED_FILE, vocabulary_names())["logs"]
    return tuple(_row(row) for row in rows)


def _row(row: Mapping[str, Any]) -> Logged:
    same = {key: row[key] for key in ("framework", "algorithm", "title", "settings", "like") if key in row}
    return Logged(
        source=row["from"], tags=tuple(row["tags"]), counters=frozenset(row.get("counters", ())), **same
    )


@lru_cache(maxsize=64)
def measurable(logged: Logged) -> Measurable:
    """Every rule asked about a run that has exactly these tags and settings, with plain numbers in them.

    A rule that could not judge those numbers still counts as one that can look: nothing it needs is missing.
    """
    run = _run(logged)
    results = api.diagnose(run, references=("off",)).results
    lacking = {one.code: one.missing for one in results if _lacks(one)}
    unfit = frozenset(one.code for one in results if one.outcome is Outcome.NOT_APPLICABLE)
    looks = frozenset(one.code for one in results) - unfit - lacking.keys()
    present = frozenset((*run.metrics.series, *(f"config.{name}" for name in run.config)))
    return Measurable(logged, looks, lacking, unfit, present, run.log_hints)


def _lacks(result: RuleResult) -> bool:
    return result.outcome is Outcome.NOT_MEASURED and bool(result.missing)


def _run(logged: Logged) -> Run:
    steps = STRIDE * np.arange(1.0, POINTS + 1)
    plain = 0.5 + 0.1 * np.sin(steps)
    series = [RawSeries(tag, steps, steps if tag in logged.counters else plain) for tag in logged.tags]
    settings = [RawSetting(key, value, "its configuration") for key, value in logged.settings.items()]
    raw = RawRun(logged.key, Path(logged.key), "documentation", series, settings)
    return understand(raw, framework=logged.framework, algorithm=logged.algorithm)


def overview(logs: Sequence[Logged]) -> list[str]:
    """A Markdown table: for each log how many rules apply, can look, and lack something."""
    rows = [
        "| log | rules that apply | can look | lack something | read in |",
        "| --- | --- | --- | --- | --- |",
    ]
    for one in map(measurable, logs):
        count = len(one.looks) + len(one.lacking)
        rows.append(
            f"| {one.logged.title} | {count} | {len(one.looks)} | {len(one.lacking)} | {one.logged.source} |"
        )
    return rows


def by_rule(logs: Sequence[Logged]) -> list[str]:
    """A Markdown table, a row for each rule: ``yes``, ``no``, a dash where it is not for the algorithm."""
    found = [measurable(one) for one in logs]
    heads = " | ".join(one.logged.title for one in found)
    rows = [f"| rule | {heads} |", f"| --- |{' --- |' * len(found)}"]
    for rule in api.rules():
        words = " | ".join(_word(one, rule.code) for one in found)
        rows.append(f"| [{rule.code}](../rules/{rule.code}.md) {rule.failure_title} | {words} |")
    return rows


def _word(found: Measurable, code: str) -> str:
    return "-" if code in found.unfit else "no" if code in found.lacking else "yes"


def missing(logged: Logged) -> list[str]:
    """A Markdown table of what such a log lacks: metric or setting, the rules that wait for it, the line."""
    found = measurable(logged)
    place = LoggedSoFar(logged.framework, logged.algorithm, found.present, found.hints)
    waiting: dict[str, list[str]] = {}
    for code, names in found.lacking.items():
        for name in names:
            waiting.setdefault(name, []).append(code)
    rows = ["| not there | rules that wait for it | how to have it |", "| --- | --- | --- |"]
    for name, codes in sorted(waiting.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        links = ", ".join(f"[{code}](../rules/{code}.md)" for code in codes)
        shown = " or ".join(f"`{part}`" for part in name.split(" or "))
        rows.append(f"| {shown} | {links} | {how(name, place)} |")
    return rows
