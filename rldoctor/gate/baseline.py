"""The baseline file: what was found before, so that a gate fails on what is new or worse only.

``baseline_schema.json`` beside this file is its published JSON Schema.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from rldoctor.errors import UsageError
from rldoctor.files import read_text
from rldoctor.gate.identity import Identity, identity, match
from rldoctor.gate.levels import Levels, recorded
from rldoctor.model.finding import Diagnosis, Severity, Standing
from rldoctor.plain_data import dataclass

SCHEMA = 1
MAX_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class KnownRun:
    """One run of a baseline and the level of each finding in it."""

    identity: Identity
    findings: Levels


@dataclass(frozen=True, slots=True)
class Baseline:
    """A baseline file."""

    runs: tuple[KnownRun, ...] = ()

    def known(self, diagnoses: Sequence[Diagnosis]) -> list[Levels | None]:
        """For each run the levels it had; None for a run that the baseline does not know."""
        pairs = match([identity(one.run) for one in diagnoses], [one.identity for one in self.runs])
        return [_worst([self.runs[index].findings for index in found]) if found else None for found in pairs]


@dataclass(slots=True)
class BaselineChanges:
    """What became of a baseline: findings that are gone, and those whose rule cannot look any more."""

    gone: list[str] = field(default_factory=list)
    unmeasured: list[str] = field(default_factory=list)


def _worst(levels: Sequence[Levels]) -> Levels:
    codes = {code for one in levels for code in one}
    return {code: max(one[code] for one in levels if code in one) for code in codes}


def changes(diagnosis: Diagnosis, known: Levels) -> BaselineChanges:
    """The entries of a baseline that the run no longer has, apart from those that it can no longer show."""
    found = BaselineChanges()
    outcomes = {result.code: result.outcome.value for result in diagnosis.results}
    for code in sorted(known):
        outcome = outcomes.get(code, "not_run")
        if outcome in ("passed", "not_applicable"):
            found.gone.append(code)
        elif outcome != "fired":
            found.unmeasured.append(code)
    return found


def document(diagnoses: Sequence[Diagnosis], version: str) -> dict[str, Any]:
    """The baseline of these runs as plain data. What a waiver covers is left out: it must not outlive it."""
    runs = [_run(identity(one.run), recorded(one, _waived(one))) for one in diagnoses]
    return {"schema": SCHEMA, "rldoctor": version, "runs": sorted(runs, key=_order)}


def _waived(diagnosis: Diagnosis) -> frozenset[str]:
    judged = diagnosis.gate.judged if diagnosis.gate else ()
    return frozenset(one.code for one in judged if one.standing is Standing.WAIVED)


def _run(who: Identity, levels: Levels) -> dict[str, Any]:
    return {
        "path": "/".join(who.parts),
        "algorithm": who.algorithm,
        "env": who.env,
        "seed": who.seed,
        "findings": {code: levels[code].label for code in sorted(levels)},
    }


def _order(run: Mapping[str, Any]) -> tuple[str, str, str, str]:
    return run["path"], run["algorithm"], run["env"], str(run["seed"])


def text(diagnoses: Sequence[Diagnosis], version: str) -> str:
    """The baseline file: sorted and without a date, so that version control shows what changed."""
    return json.dumps(document(diagnoses, version), indent=2, ensure_ascii=True) + "\n"


def load(path: Path) -> Baseline:
    """Read a baseline file.

    Raises:
        UsageError: no such file, no baseline, or one of a newer schema.
    """
    hint = "write it with: rldoctor analyze PATH --write-baseline FILE"
    try:
        data = json.loads(read_text(path, MAX_BYTES))
    except OSError as error:
        raise UsageError(f"--baseline {path}: {error.strerror or error}", hint=hint) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--baseline {path} is not a baseline file: {error}", hint=hint) from None
    if not isinstance(data, dict) or not isinstance(data.get("runs"), list) or "schema" not in data:
        raise UsageError(f"--baseline {path} is not a baseline file: expected 'schema' and 'runs'", hint=hint)
    if data["schema"] != SCHEMA:
        raise UsageError(
            f"--baseline {path}: schema {data['schema']!r} is not known, this version reads {SCHEMA}",
            hint="update rldoctor, or write the baseline again",
        )
    return Baseline(
        tuple(_known(one, f"--baseline {path}: runs[{at}]") for at, one in enumerate(data["runs"]))
    )


def _known(data: object, where: str) -> KnownRun:
    if not isinstance(data, dict) or not isinstance(data.get("path"), str):
        raise UsageError(f"{where}: expected an object with 'path'")
    findings, seed = data.get("findings"), data.get("seed")
    if not isinstance(findings, dict):
        raise UsageError(f"{where}: 'findings' must be an object of rule codes and levels")
    if seed is not None and not isinstance(seed, int):
        raise UsageError(f"{where}: 'seed' must be a whole number or null, got {seed!r}")
    try:
        levels = {code: Severity.parse(str(level)) for code, level in findings.items()}
    except ValueError as error:
        raise UsageError(f"{where}: {error}") from None
    parts = tuple(part for part in data["path"].split("/") if part)
    return KnownRun(
        Identity(parts, str(data.get("algorithm") or ""), str(data.get("env") or ""), seed), levels
    )
