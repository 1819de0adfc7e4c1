"""``rldoctor rules validate``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rldoctor.commands.problems import tell
from rldoctor.errors import ReadError, UsageError

if TYPE_CHECKING:
    from laboratory.validation.cases import DiagnosedRun, Label
    from laboratory.validation.criteria import ValidationCriteria

RECORD = "validation.json"
MAX_LISTED = 40
EXIT_WORSE = 1


@dataclass(frozen=True, slots=True)
class Places:
    """The collection, and where the figures are (to be) kept; None: nowhere."""

    runs: Path
    record: Path | None
    page: Path | None


def validate(runs: str, record: str, into: str, *, check: bool, table: bool, jobs: int) -> int:
    """Diagnose every labelled run and count; 1 when ``check`` finds a figure that is worse or out of date.

    Without ``runs`` the project's own collection is meant, and its record and page are written, unless
    ``check`` or ``table`` (what was expected and found on every run) is asked for. ``jobs``: processes, 0 by
    itself.
    UsageError for a file that cannot be written, ReadError without a labelled run.
    """
    from laboratory.validation.criteria import load_criteria
    from laboratory.validation.document import document
    from rldoctor import api

    places = _places(runs, record, into)
    criteria = load_criteria()
    before = _committed(places.record) if check else {}
    cases = _cases(places.runs, jobs)
    figures = document([rule.code for rule in api.rules()], cases, criteria)
    lines = [*(_per_run(cases) if table else ()), *_summary(figures)]
    sys.stdout.writelines(f"{line}\n" for line in lines)
    if check:
        return _check(before, figures, places, criteria)
    if not table:
        _write(figures, places, criteria)
    return 0


def _places(runs: str, record: str, into: str) -> Places:
    from laboratory.validation.collect import bundled_runs

    where = Path(runs) if runs else bundled_runs()
    own = not runs
    page = Path(into) if into else where.parent / "docs" / "validation.md" if own else None
    return Places(where, Path(record) if record else where / RECORD if own else None, page)


def _cases(collection: Path, jobs: int) -> list[DiagnosedRun]:
    from laboratory.validation.collect import cases, labels
    from rldoctor.commands.progress import watch

    found = labels(collection)
    return list(watch(cases(collection, found, _processes(jobs, found)), len(found), "diagnosing"))


def _processes(jobs: int, found: Sequence[Label]) -> int:
    from laboratory.validation.collect import RUNS_PER_PROCESS

    return jobs or max(1, min(os.cpu_count() or 1, len(found) // RUNS_PER_PROCESS))


def _per_run(cases: Sequence[DiagnosedRun]) -> Iterator[str]:
    """One block per run: what was expected, what was found, for explaining the misses one by one."""
    from laboratory.validation.document import said

    for case in cases:
        label, seen = case.label, case.seen
        kind = (
            "healthy"
            if label.healthy
            else {True: "shows", False: "does not show", None: "not judged"}[label.shows]
        )
        yield f"{label.name}  ({label.split}, {kind})"
        yield f"    verdict {seen.verdict}"
        if label.roots:
            yield f"    expect  {' '.join(label.roots)}   symptoms {' '.join(label.symptoms) or '-'}"
        yield f"    roots   {', '.join(said(seen.roots)) or '-'}"
        if seen.folded:
            yield f"    folded  {', '.join(said(seen.folded))}"


def _summary(figures: dict[str, Any]) -> Iterator[str]:
    from laboratory.validation.write import share

    runs = figures["runs"]["all"]
    yield (
        f"{runs['sick']} sick runs, {runs['healthy']} healthy, {runs['hidden']} whose fault does not show, "
        f"{runs['unlabelled']} not judged yet"
    )
    for split in ("tune", "hold"):
        part = figures["diagnosis"][split]
        yield f"{split}: root first {share(part['root_first'])}, found at all {share(part['root_found'])}"
        yield f"      healthy with an error {share(part['healthy_alarmed'])}"
    standing = [rule["status"] for rule in figures["rules"].values()]
    yield "rules: " + ", ".join(
        f"{standing.count(name)} {name}" for name in ("stable", "tested", "experimental")
    )


def _write(figures: dict[str, Any], places: Places, criteria: ValidationCriteria) -> None:
    from laboratory.validation.write import json_text, page

    for target, text in ((places.record, json_text(figures)), (places.page, page(figures, criteria))):
        if target is None:
            continue
        try:
            target.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise UsageError(f"cannot write {target}: {error.strerror or error}") from None
        sys.stderr.write(f"wrote {target}\n")


def _check(
    before: dict[str, Any], figures: dict[str, Any], places: Places, criteria: ValidationCriteria
) -> int:
    from laboratory.validation.check import worse
    from laboratory.validation.write import page

    got_worse = worse(before, figures)
    lines = [f"    {one.figure}: {one.before}, now {one.now}" for one in got_worse]
    problems = [f"{len(lines)} figures got worse:", *_short(lines)] if lines else []
    if before != figures:
        problems.append(f"{places.record} is out of date")
    elif places.page is not None and _text(places.page) != page(figures, criteria):
        problems.append(f"{places.page} is out of date")
    if figures["unlabelled"]:
        names = [f"    {name}" for name in figures["unlabelled"]]
        problems += [f"{len(names)} runs have a planted fault and no 'shows':", *_short(names)]
    sys.stdout.writelines(f"{line}\n" for line in problems)
    if problems:
        tell("the committed figures do not hold", "write them again: rldoctor rules validate", label="check")
    return EXIT_WORSE if problems else 0


def _short(lines: Sequence[str]) -> list[str]:
    more = len(lines) - MAX_LISTED
    return [*lines] if more <= 0 else [*lines[:MAX_LISTED], f"    and {more} more"]


def _committed(path: Path | None) -> dict[str, Any]:
    import json

    if path is None:
        raise UsageError("--check needs the file to compare with", hint="name it: --json FILE")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReadError(
            f"{path}: no record of a validation ({error})", hint="rldoctor rules validate"
        ) from None
    if not isinstance(found, dict):
        raise ReadError(f"{path}: no record of a validation", hint="rldoctor rules validate")
    return found


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
