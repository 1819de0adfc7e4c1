"""The figures as files: ``validation.json`` and a page for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from laboratory.validation.criteria import ValidationCriteria

MarkdownRow = tuple[str, ...]
_OPEN = 3
_FIGURES = {
    "root_first": "first-ranked root cause is an expected one",
    "root_found": "an expected root cause is found at all",
    "healthy_alarmed": "healthy runs with an error or critical root cause",
    "hidden_alarmed": "runs whose fault does not show, with an error or critical root cause",
}


def json_text(document: Mapping[str, Any]) -> str:
    """JSON with one line for each figure of each split."""
    return f"{_pretty(document, 0)}\n"


def _pretty(value: Any, depth: int) -> str:
    """Indented as far as ``_OPEN`` levels, each thing below on one line."""
    if depth >= _OPEN or not value or not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    pad = "  " * (depth + 1)
    if isinstance(value, list):
        lines = [f"{pad}{json.dumps(entry, ensure_ascii=False)}" for entry in value]
        return "[\n" + ",\n".join(lines) + f"\n{pad[2:]}]"
    lines = [f"{pad}{json.dumps(key)}: {_pretty(entry, depth + 1)}" for key, entry in value.items()]
    return "{\n" + ",\n".join(lines) + f"\n{pad[2:]}}}"


def page(document: Mapping[str, Any], criteria: ValidationCriteria) -> str:
    """The figures in Markdown, with the definitions (``definitions.md`` beside this file)."""
    definitions = Path(__file__).with_name("definitions.md").read_text(encoding="utf-8")
    sections = [
        ("", ["# How good the rules are", "", *_introduction(document)]),
        ("The whole diagnosis", _table(*_overall(document))),
        ("How probable a first root cause is", list(_reliability(document["reliability"]))),
        ("Goals on the held-out runs", [_goal(goal) for goal in document["goals"]]),
        ("Rules", _table(*_rules(document))),
        ("Faults", _table(*_faults(document))),
        ("Sick runs whose root cause is not first, or not found", [_miss(one) for one in document["misses"]]),
        ("False alarms on healthy runs", [_alarm(one) for one in document["alarms"]]),
        ("Not judged yet", [f"- `{name}`" for name in document["unlabelled"]]),
        ("Definitions", [definitions.strip().format_map(_bounds(criteria))]),
    ]
    parts = [
        "\n".join([*([f"## {title}", ""] if title else []), *lines]) for title, lines in sections if lines
    ]
    return "\n\n".join(parts) + "\n"


def _bounds(criteria: ValidationCriteria) -> dict[str, str]:
    bounds = {f"stable_{name}": f"{value:g}" for name, value in criteria.stable.items()}
    bounds |= {f"tested_{name}": f"{value:g}" for name, value in criteria.tested.items()}
    levels = {"found": criteria.found.label, "alarm": criteria.alarm.label}
    return {**bounds, **levels, "confidence": f"{100 * criteria.confidence:g}"}


def _introduction(document: Mapping[str, Any]) -> Iterator[str]:
    runs = document["runs"]
    total = sum(runs["all"].values())
    yield f"Measured on {total} labelled trainings and written by `rldoctor rules validate`. The definitions"
    yield "are at the end. The figures say nothing about tasks and loggers that are not among these runs."
    yield ""
    rows = [(name, *(str(count) for count in runs[name].values())) for name in ("tune", "hold", "all")]
    yield from _table(("split", "healthy", "sick", "fault does not show", "not judged yet"), rows)


def _overall(document: Mapping[str, Any]) -> tuple[MarkdownRow, list[MarkdownRow]]:
    parts = [document["diagnosis"][name] for name in ("tune", "hold", "all")]
    rows = [(title, *(share(part[name]) for part in parts)) for name, title in _FIGURES.items()]
    rows.append(
        ("error of the onset, % of the run, median", *(_onset(part["onset_error"]) for part in parts))
    )
    return ("", "tune", "hold", "all"), rows


def _onset(error: Mapping[str, Any]) -> str:
    if error["median_percent"] is None:
        return f"- (0 of {error['runs']})"
    return f"{error['median_percent']:g} ({error['of']} of {error['runs']})"


def _reliability(found: Mapping[str, Any]) -> Iterator[str]:
    """What the probabilities of first roots are worth on runs that did not make them."""
    brier = f"{found['brier']:.3f}" if found["brier"] is not None else "not known"
    yield "The JSON gives each root cause the probability that its rule is right when it is named first."
    yield "It is estimated from the labelled runs and shrunk towards the rate on faults planted in a"
    yield "library's own code."
    yield f"Estimated on the tune split and checked on the {found['claims']} first root causes of the other:"
    yield f"Brier score {brier}."
    yield ""
    columns = [(f"{one['said']:.2f}", f"{one['true']:.2f}", str(one["claims"])) for one in found["bins"]]
    yield from _table(("predicted", "observed", "runs"), columns)


def _goal(goal: Mapping[str, Any]) -> str:
    bound = f"at least {goal['at_least']:.0%}" if "at_least" in goal else f"at most {goal['at_most']:.0%}"
    now = "not known" if goal["share"] is None else f"{goal['share']:.1%}"
    return f"- {goal['note']}: {bound}; now {now}, {'met' if goal['met'] else '**not met**'}"


def _rules(document: Mapping[str, Any]) -> tuple[MarkdownRow, list[MarkdownRow]]:
    head = ("rule", "status", "found, held out", "found, all", "false alarms, all", "at error", "unexpected")
    rows: list[MarkdownRow] = [
        (
            f"[{code}](rules/{code}.md)",
            rule["status"],
            share(rule["hold"]["recall"]),
            share(rule["all"]["recall"]),
            share(rule["all"]["false_alarms"]),
            str(rule["all"]["false_alarms_at_error"]),
            counted(rule["all"]["unexpected"]),
        )
        for code, rule in document["rules"].items()
    ]
    return head, rows


def _faults(document: Mapping[str, Any]) -> tuple[MarkdownRow, list[MarkdownRow]]:
    head = ("fault", "runs", "root first, held out", "root first, all", "root found, all")
    rows: list[MarkdownRow] = [
        (
            fault,
            str(parts["all"]["root_first"]["runs"]),
            share(parts["hold"]["root_first"]),
            share(parts["all"]["root_first"]),
            share(parts["all"]["root_found"]),
        )
        for fault, parts in document["faults"].items()
    ]
    return head, rows


def share(rate: Mapping[str, Any]) -> str:
    """``7 of 8 (53-98 %), 2 unseen``: hits, interval, and the runs that the rule could not look at."""
    if not rate["of"]:
        return counted(rate)
    interval = f" ({100 * rate['low']:.0f}-{100 * rate['high']:.0f} %)"
    return f"{rate['hits']} of {rate['of']}{interval}{_unseen(rate)}"


def counted(rate: Mapping[str, Any]) -> str:
    """``7 of 8, 2 unseen``; ``-`` where there is no such run."""
    return f"{rate['hits']} of {rate['of']}{_unseen(rate)}" if rate["runs"] else "-"


def _unseen(rate: Mapping[str, Any]) -> str:
    unseen = rate["runs"] - rate["of"]
    return f", {unseen} unseen" if unseen else ""


def _miss(one: Mapping[str, Any]) -> str:
    found = ", ".join(one["found"]) or "nothing"
    return f"- `{one['run']}` ({one['split']}): expected {' or '.join(one['expected'])}, found {found}"


def _alarm(one: Mapping[str, Any]) -> str:
    return f"- `{one['run']}` ({one['split']}): {one['code']}, {one['level']}"


def _table(head: MarkdownRow, rows: Sequence[MarkdownRow]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ("---",) * len(head), *rows)]
