"""The page of the documentation that shows the proofs (Markdown)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rldoctor.proof.document import number

_HEAD = (
    "fault",
    "task, seed",
    "root found",
    "fix applied",
    "root gone",
    "expected",
    "return before",
    "after",
    "healthy",
    "seconds",
)
_INTRODUCTION = """\
# Fixes, tried

<!-- Written by python -m laboratory.proof from reference_runs/fixes.json: change that, not this page. -->

A prescription is a claim: change this, and you will see that. This page tests the claim. Every sick run
is diagnosed. Of the first root cause, the first prescription that a program can carry out is applied
literally, and the same task is trained again with the same seed and the same budget. Nothing else is
changed, and only one prescription is tried. `rldoctor reference --env ID --algo NAME --fault NAME
--apply-fix` does the same for a fault of your choice; `python -m laboratory.proof` made this page.

- **root gone**: the rule looked at the new run and did not fire.
- **expected**: whether the rule's expectation (`expect`) came true on the new run, judged by the check in
  the rule file; the numbers are below. "not measured": the new log lacks what the check needs. "no
  check": the rule has none.
- **return**: median of the last quarter, in the original reward of the task. "healthy" is the reference
  run without the fault. A dash: the fix changes the reward itself, so returns cannot be compared, or
  nothing is known.
- **seconds**: wall time of the new training on one core of a shared machine, as a rough indication. A
  dash: the fix gives exactly the settings of the healthy run with the same seed, so that run was used.
"""


def page(found: Mapping[str, Any]) -> str:
    """The page for a document of proofs: the same document gives the same page."""
    proofs = found["proofs"]
    tried = [one for one in proofs if one["fix"]]
    parts = [_INTRODUCTION, *_summary(tried), "## Results", "", *_table(tried), "", *_numbers(tried)]
    parts += [*_failures(tried), *_refused(proofs), *_made_with(found)]
    return "\n".join(parts).rstrip() + "\n"


def _summary(tried: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    gone = sum(one["gone"] == "yes" for one in tried)
    checked = [one for one in tried if one["came_true"] in ("yes", "no")]
    came = sum(one["came_true"] == "yes" for one in checked)
    faults = len({one["fault"] for one in tried})
    yield f"Fixes tried: {len(tried)}, of {faults} faults. The root cause was gone in {gone} of them; the"
    yield f"expectation came true in {came} of the {len(checked)} runs in which it could be checked."
    yield ""


def _table(tried: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield _row(_HEAD)
    yield _row(["---"] * len(_HEAD))
    for one in tried:
        yield _row(
            (
                one["fault"],
                f"{_task(one)}, {one['seed']}",
                one["root"] + ("" if one["labelled"] else " (not the fault's)"),
                f"`{one['key']}`: {one['old']} -> {one['new']}",
                one["gone"],
                one["came_true"] or "no check",
                *(number(one[name]) for name in ("before", "after", "healthy")),
                f"{one['seconds']:.0f}" if one["seconds"] is not None else "—",
            )
        )


def _numbers(tried: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The arithmetic of every check."""
    yield from ("## What was checked", "")
    for one in tried:
        if one["check"]:
            values = ", ".join(f"{name} {value:.4g}" for name, value in one["values"].items())
            yield f'- {one["fault"]}, {_task(one)}, {one["seed"]}: {one["root"]} expects "{one["expect"]}"'
            said = " ".join(one["check"].split())
            yield f"  `{said}` with {values or 'no value known'}: {one['came_true']}."
    yield ""


def _failures(tried: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Where the claim did not hold."""
    failed = [one for one in tried if "no" in (one["gone"], one["came_true"])]
    if not failed:
        return
    yield from ("## What did not come true", "")
    for one in failed:
        left = ", ".join(one["left"]) or "none"
        yield (
            f"- {one['fault']}, {_task(one)}, {one['seed']}: root gone: {one['gone']}, expected:"
            f" {one['came_true'] or 'no check'}; verdict {one['verdict_after']}, remaining findings: {left}."
        )
    yield ""


def _refused(proofs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What no machine could do."""
    refused = [one for one in proofs if one["refused"]]
    nothing = [one for one in proofs if not one["root"]]
    if not refused and not nothing:
        return
    yield from ("## Not carried out by a program", "")
    for one in refused:
        reasons: dict[str, list[str]] = {}
        for two in one["refused"]:
            reasons.setdefault(two["why"], []).append(f"`{two['fix']}`")
        told = "; ".join(f"{', '.join(fixes)}: {why}" for why, fixes in reasons.items())
        yield f"- {one['fault']}, {_task(one)}, {one['seed']}, {one['root']}: {told}."
    for one in nothing:
        yield f"- {one['fault']}, {_task(one)}, {one['seed']}: no finding, so nothing is prescribed."
    yield ""


def _made_with(found: Mapping[str, Any]) -> Iterator[str]:
    told = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    yield from ("## Made with", "", f"rldoctor {found['rldoctor']}, {told}.")


def _task(one: Mapping[str, Any]) -> str:
    return " ".join(part for part in (one["algo"], one["env"], one["variant"]) if part)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
