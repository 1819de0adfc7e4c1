"""The page of many runs made from their table: no run is read or judged again, and no curve is drawn."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Any

from rldoctor import __version__
from rldoctor.report import losses, words
from rldoctor.report.clean import clean
from rldoctor.report.html.index import MAX_UNFOLDED
from rldoctor.report.html.page import asset, content_policy, template
from rldoctor.report.numbers import number, step
from rldoctor.report.results import ResultFinding, ResultRun, Results
from rldoctor.report.run_names import short_places
from rldoctor.report.seeds import group_name

# Where the page of a run stands; None where there is none.
Place = Callable[[int], str | None]
_RETURN = words.OVERVIEW[0]


def results_page(results: Results, place: Place = lambda _: None) -> str:
    """The table of all runs, worst first, seeds in groups; the root causes; what was not read."""
    names = short_places([(one.path, one.id) for one in results.runs])
    groups = _worst_first(_groups(results.runs), results.runs)
    return _page(
        f"{len(results.runs):,} runs",
        index=_index(results.runs, groups, names, place),
        tally=_tally([one.verdict for one in results.runs]),
        causes=_causes(results.runs, groups),
        not_read=losses.listed([clean(text) for text in results.failures]),
        run=None,
    )


def run_page(run: ResultRun, back: str) -> str:
    """One run as the table has it: its findings, what to change, its settings. ``back``: the page of all."""
    view = {
        "path": clean(run.path),
        "verdict": _verdict(run),
        "label": _label(run.verdict),
        "facts": _facts(run),
        "findings": [_finding(one) for one in run.findings],
        "settings": [(clean(name), clean(value)) for name, value in run.settings.items()],
        "command": f"rldoctor analyze {shlex.quote(clean(run.path))} -f html -o report.html",
    }
    return _page(f"{_label(run.verdict)}: {clean(run.id)}", run=view, back=back)


def _page(title: str, **parts: Any) -> str:
    scripts = [asset(name) for name in ("unpack.js", "page.js")]
    text: str = template("results.html.j2").render(
        title=title,
        scripts=scripts,
        policy=content_policy(scripts),
        style=asset("report.css"),
        version=__version__,
        written=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        **parts,
    )
    return text


def _index(
    runs: Sequence[ResultRun], groups: Sequence[Sequence[int]], names: Sequence[str], place: Place
) -> dict[str, Any]:
    verdicts = {one.verdict for one in runs}
    return {
        "count": f"{len(runs):,}",
        "paper": "",
        "last": "Return at the end",
        "groups": [
            {
                "name": group_name([names[run] for run in group]),
                "said": _tally([runs[run].verdict for run in group]),
                "worst": _verdict(runs[group[0]]),
                "cause": _common([runs[run] for run in group]),
                "rows": [_row(runs[run], names[run], run, number, place(run)) for run in group],
            }
            for number, group in enumerate(groups)
        ],
        "grouped": any(len(group) > 1 for group in groups),
        "folded": len(runs) > MAX_UNFOLDED,
        "panels": [],
        "verdicts": [label for label in words.ORDER if label in verdicts],
    }


def _groups(runs: Sequence[ResultRun]) -> list[list[int]]:
    """Seeds in groups. Where a seed is there twice something else differs, and each folder is a group."""
    found: dict[object, list[int]] = {}
    for place, run in enumerate(runs):
        found.setdefault(run.group or place, []).append(place)
    return [part for group in found.values() for part in _apart(group, runs)]


def _apart(group: list[int], runs: Sequence[ResultRun]) -> list[list[int]]:
    if len({runs[place].seed for place in group}) == len(group):
        return [group]
    folders: dict[PurePath, list[int]] = {}
    for place in group:
        folders.setdefault(PurePath(runs[place].path).parent, []).append(place)
    return list(folders.values())


def _rank(verdict: str) -> int:
    return words.ORDER.index(verdict) if verdict in words.ORDER else len(words.ORDER)


def _worst_first(groups: Sequence[list[int]], runs: Sequence[ResultRun]) -> list[list[int]]:
    inside = [sorted(group, key=lambda place: (_rank(runs[place].verdict), place)) for group in groups]
    return sorted(inside, key=lambda group: (_rank(runs[group[0]].verdict), group[0]))


def _row(run: ResultRun, name: str, place: int, group: int, href: str | None) -> dict[str, Any]:
    """One line, with the keys that the table is sorted by."""
    first = next(iter(run.roots()), None)
    onset = None if first is None else first.onset
    return {
        "id": f"run-{place + 1}",
        "href": href,
        "name": name,
        "group": group,
        "verdict": _verdict(run),
        "label": _label(run.verdict),
        "rank": _rank(run.verdict),
        "cause": _cause(run),
        "since": "" if onset is None else step(onset) if onset > 0 else "start",
        "onset": "" if onset is None else onset,
        "outcome": _end(run),
        "value": "" if run.end is None else run.end,
        "rules": f"{run.ran} of {run.asked}",
        "share": round(run.ran / run.asked, 4) if run.asked else 0,
    }


def _end(run: ResultRun) -> str:
    if run.end is None:
        return "not known"
    return number(run.end) + (
        "" if run.metric in ("", _RETURN) else f" {clean(run.metric).replace('_', ' ')}"
    )


def _cause(run: ResultRun) -> str:
    return next((f"{clean(one.code)} {clean(one.title)}" for one in run.roots()), "")


def _common(runs: Sequence[ResultRun]) -> str:
    """The first root cause that most of a group have, with how many."""
    found = Counter(text for text in map(_cause, runs) if text)
    if not found:
        return ""
    text, count = found.most_common(1)[0]
    return f"{text} ({count} of {len(runs)})"


def _causes(runs: Sequence[ResultRun], groups: Sequence[Sequence[int]]) -> list[dict[str, object]]:
    """Every root cause with the number of runs and of groups that have it, the most frequent first."""
    titles: dict[str, str] = {}
    of_runs: Counter[str] = Counter()
    of_groups: Counter[str] = Counter()
    for group in groups:
        had: set[str] = set()
        for place in group:
            here = {one.code: one.title for one in runs[place].roots()}
            titles |= here
            of_runs.update(here.keys())
            had |= here.keys()
        of_groups.update(had)
    return [
        {"code": clean(code), "title": clean(titles[code]), "runs": count, "groups": of_groups[code]}
        for code, count in of_runs.most_common()
    ]


def _facts(run: ResultRun) -> list[str]:
    facts = [clean(text) for text in (run.algorithm.upper(), run.env, run.framework) if text]
    if run.seed is not None:
        facts.append(f"seed {run.seed}")
    if run.steps is not None:
        facts.append(f"{step(run.steps)} steps")
    if run.end is not None:
        facts.append(f"{_label(run.metric or _RETURN)} at the end {number(run.end)}")
    facts.append(f"{run.ran} of {run.asked} rules could look")
    if run.lost:
        facts.append(f"{run.lost} notes of something that was lost")
    return facts


def _finding(one: ResultFinding) -> Mapping[str, str]:
    texts = {name: clean(getattr(one, name)) for name in ("code", "title", "message", "fix", "explained_by")}
    severity = one.severity if one.severity in words.ORDER else "info"
    since = step(one.onset) if one.onset else ""
    return {**texts, "severity": severity, "since": since}


def _verdict(run: ResultRun) -> str:
    """A verdict that the style sheet knows."""
    return run.verdict if run.verdict in words.ORDER else "not_enough_data"


def _label(verdict: str) -> str:
    return clean(verdict).replace("_", " ")


def _tally(verdicts: Sequence[str]) -> str:
    counts = Counter(sorted(verdicts, key=_rank))
    return ", ".join(f"{count} {_label(label)}" for label, count in counts.items())
