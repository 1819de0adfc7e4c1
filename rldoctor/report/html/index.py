"""What stands before several runs: a table to sort and filter, seeds in groups, small multiples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rldoctor.comparison.criteria import load_criteria
from rldoctor.comparison.grouping import seed_groups
from rldoctor.model.algorithms import called
from rldoctor.model.finding import Diagnosis
from rldoctor.paths import builtin_rules_dir
from rldoctor.report import words
from rldoctor.report.clean import clean
from rldoctor.report.html.figures import drawable
from rldoctor.report.html.multiples import panels
from rldoctor.report.numbers import finite, number
from rldoctor.report.seeds import group_name
from rldoctor.report.terminal_summary import worst_first

_PAPER = "On paper: this table, the learning curves, and the runs that were open when it was printed."
# With more runs than these the seeds of a group are folded into one row.
MAX_UNFOLDED = 12


def index(views: Sequence[dict[str, Any]], diagnoses: Sequence[Diagnosis]) -> dict[str, Any]:
    """The rows of the table, the groups of seeds and the panels; empty for a single run."""
    if len(diagnoses) < 2:
        return {}
    groups = _worst_first(_groups(diagnoses), diagnoses)
    names = [group_name([views[place]["name"] for place in group]) for group in groups]
    return {
        "count": len(diagnoses),
        "paper": _PAPER,
        "last": "Last return",
        "groups": [
            {
                "name": name,
                "said": _tally(group, diagnoses),
                "worst": diagnoses[group[0]].verdict,
                "cause": _common(group, diagnoses),
                "rows": [_row(views[place], diagnoses[place], number) for place in group],
            }
            for number, (name, group) in enumerate(zip(names, groups, strict=True))
        ],
        "grouped": any(len(group) > 1 for group in groups),
        "folded": len(diagnoses) > MAX_UNFOLDED,
        "panels": panels(groups, names, diagnoses),
        "verdicts": [label for label in words.ORDER if any(d.verdict == label for d in diagnoses)],
    }


def _groups(diagnoses: Sequence[Diagnosis]) -> list[list[int]]:
    """Seeds in groups. Where a seed is there twice something else than the seed differs: by folder then."""
    runs = [one.run for one in diagnoses]
    found: list[list[int]] = []
    for group in seed_groups(runs, load_criteria(builtin_rules_dir())):
        seeds = [runs[place].seed for place in group]
        folders: dict[object, list[int]] = {}
        for place in group:
            folders.setdefault(runs[place].path.parent, []).append(place)
        found += list(folders.values()) if len(set(seeds)) < len(seeds) else [group]
    return found


def _worst_first(groups: Sequence[Sequence[int]], diagnoses: Sequence[Diagnosis]) -> list[list[int]]:
    """The groups, that with the worst run first, and within each the worst run first."""
    place = {run: rank for rank, run in enumerate(worst_first(diagnoses))}
    inside = [sorted(group, key=place.__getitem__) for group in groups]
    return sorted(inside, key=lambda group: place[group[0]])


def _common(group: Sequence[int], diagnoses: Sequence[Diagnosis]) -> str:
    """The first root cause that most of a group have, with how many."""
    found = Counter(text for place in group if (text := _cause(diagnoses[place])))
    if not found:
        return ""
    text, count = found.most_common(1)[0]
    return f"{text} ({count} of {len(group)})"


def _cause(diagnosis: Diagnosis) -> str:
    if not diagnosis.roots:
        return ""
    first = diagnosis.roots[0].finding
    return f"{clean(first.code)} {clean(first.setting) or clean(first.title)}"


def _row(view: dict[str, Any], diagnosis: Diagnosis, group: int) -> dict[str, Any]:
    """One line of the table, with the keys that it is sorted by."""
    seen = diagnosis.coverage
    first = diagnosis.roots[0].finding if diagnosis.roots else None
    onset = finite(first.onset) if first else None
    outcome, value = _outcome(diagnosis)
    return {
        "id": view["id"],
        "href": f"#{view['id']}",
        "name": view["name"],
        "group": group,
        "verdict": view["verdict"],
        "label": view["verdict_label"],
        "rank": words.ORDER.index(view["verdict"]) if view["verdict"] in words.ORDER else len(words.ORDER),
        "cause": _cause(diagnosis),
        "since": words.onset(first).removeprefix("since step ").removeprefix("over the ") if first else "",
        "onset": "" if onset is None else onset,
        "outcome": outcome,
        "value": value,
        "rules": f"{seen.ran} of {seen.total - seen.not_applicable}",
        "share": round(seen.share, 4),
    }


def _outcome(diagnosis: Diagnosis) -> tuple[str, float | str]:
    """The last value of the learning curve, as text and as a number to sort by."""
    name = next((metric for metric in words.OVERVIEW if drawable(diagnosis.run, metric)), "")
    if not name:
        return "not logged", ""
    last = float(diagnosis.run.metrics[name].finite().values[-1])
    # The column is headed by the return, which most runs log; anything else is named.
    what = "" if name == words.OVERVIEW[0] else f" {called(clean(name), diagnosis.run.algorithm)}"
    return f"{number(last)}{what}", last


def _tally(group: Sequence[int], diagnoses: Sequence[Diagnosis]) -> str:
    verdicts = [diagnoses[place].verdict for place in group]
    found = [label for label in words.ORDER if label in verdicts]
    return ", ".join(f"{verdicts.count(label)} {label.replace('_', ' ')}" for label in found)
