"""The gate of ``rldoctor analyze``: baseline, waivers, seeds and per-path settings to an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rldoctor.commands.derived import decided
from rldoctor.commands.option_kinds import one_of, parse_share
from rldoctor.commands.options import FAIL_ON, Options
from rldoctor.commands.problems import EXIT_COVERAGE, EXIT_FINDINGS, tell, tell_drafts
from rldoctor.errors import UsageError, did_you_mean
from rldoctor.gate.globs import matches
from rldoctor.gate.judge import Conditions, Terms, judge
from rldoctor.gate.levels import AGGREGATES
from rldoctor.gate.waivers import unused
from rldoctor.model.finding import Diagnosis, Judged, Standing
from rldoctor.plain_data import dataclass, replace

if TYPE_CHECKING:
    from rldoctor.gate.baseline import Baseline
    from rldoctor.rulebook.schema import Rule

MAX_LINES = 20


@dataclass(frozen=True, slots=True)
class Gate:
    """What the options ask of the runs, checked before any run is read."""

    options: Options
    how: str
    baseline: Baseline | None
    write: str = ""
    today: date = date.min

    @property
    def spoken(self) -> bool:
        """Whether there is more to tell than the exit code says."""
        return bool(self.baseline or self.options.waivers or self.how != "any")


def prepare(options: Options, write_baseline: str = "", today: date | None = None) -> Gate:
    """The gate that the options describe.

    Raises:
        UsageError: an unknown level, share or aggregation, a baseline that cannot be read, a waiver or a
            per-path table that names no rule.
    """
    from rldoctor import api

    how = one_of(options.aggregate or "any", AGGREGATES, "--aggregate")
    rules = api.rules(options.rules_dirs)
    tell_drafts(options.rules_dirs)
    _check(options, rules)
    for part in options.per_path:
        try:
            _check(replace(part.options, task=options.task), rules)
        except UsageError as error:
            raise UsageError(f"per-path '{part.path}': {error}", hint=error.hint) from None
    codes = [rule.code for rule in rules]
    for waiver in options.waivers:
        if waiver.code not in codes:
            raise UsageError(
                f"{waiver.name}: no rule has this code{did_you_mean(waiver.code, codes)}",
                hint="see: rldoctor rules list",
            )
    known = _baseline(Path(options.baseline)) if options.baseline else None
    return Gate(options, how, known, write_baseline, today or date.today())


def _check(options: Options, rules: Sequence[Rule]) -> None:
    from rldoctor.rulebook.overrides import apply_overrides, select_rules

    terms(options)
    decided(options)
    select_rules(rules, select=options.select, ignore=options.ignore)
    apply_overrides(rules, options.thresholds)


def terms(options: Options) -> Terms:
    """What is asked of a run with these options; UsageError for a level or share that is none."""
    fail_on = one_of(options.fail_on or "error", FAIL_ON, "--fail-on")
    return Terms(fail_on, parse_share(options.min_coverage or "0", "--min-coverage"))


def judged(gate: Gate, diagnoses: Sequence[Diagnosis]) -> list[Diagnosis]:
    """The diagnoses with what the gate makes of each finding.

    With ``--write-baseline`` and no ``--baseline``, what is found now is what is known.
    """
    conditions = Conditions(gate.how, gate.options.waivers, None, gate.today)
    asked = [terms(gate.options.for_run(one.run)) for one in diagnoses]
    groups = _groups(gate, diagnoses, asked)
    if gate.baseline is not None:
        conditions = replace(conditions, known=gate.baseline.known(diagnoses))
    elif gate.write:
        from rldoctor.gate.levels import recorded

        conditions = replace(conditions, known=[recorded(one) for one in diagnoses])
    return judge(diagnoses, asked, groups, conditions)


def _groups(gate: Gate, diagnoses: Sequence[Diagnosis], asked: Sequence[Terms]) -> list[list[int]]:
    if gate.how == "any":
        return [[index] for index in range(len(diagnoses))]
    from rldoctor.comparison.criteria import load_criteria
    from rldoctor.comparison.grouping import seed_groups
    from rldoctor.paths import builtin_rules_dir

    return seed_groups([one.run for one in diagnoses], load_criteria(builtin_rules_dir()), asked)


def exit_code(diagnoses: Sequence[Diagnosis]) -> int:
    """0, 1 when a finding counts at or above its ``fail_on``, else 3 when a run is covered too little."""
    gates = [one.gate for one in diagnoses if one.gate is not None]
    if any(gate.fails for gate in gates):
        return EXIT_FINDINGS
    return 0 if all(gate.covered for gate in gates) else EXIT_COVERAGE


def tell_gate(gate: Gate, diagnoses: Sequence[Diagnosis]) -> None:
    """Say on standard error how each finding was counted, and what of the settings had no use."""
    from rldoctor.report.run_names import relative_names as names

    named = list(zip(names(diagnoses), diagnoses, strict=True))
    if gate.spoken:
        found = [(name, one) for name, each in named if each.gate for one in each.gate.judged]
        found.sort(key=lambda pair: (not pair[1].fails, pair[1].standing.value, -pair[1].severity))
        tell(
            "\n".join([_summary([one for _, one in found]), *_short([_line(*pair) for pair in found])]),
            label="gate",
        )
    for note in _notes(gate, named):
        tell(note, label="note")


def _summary(found: Sequence[Judged]) -> str:
    failing = sum(one.fails for one in found)
    counts = [(sum(one.standing is kind for one in found), kind) for kind in Standing]
    parts = [f"{count} {kind.value.replace('_', ' ')}" for count, kind in counts if count]
    verb = "finding fails" if failing == 1 else "findings fail"
    return f"{failing} {verb} (of {len(found)}: {', '.join(parts)})" if found else "no findings"


def _line(name: str, one: Judged) -> str:
    head = (
        "fails"
        if one.fails
        else "not counted"
        if one.standing not in (Standing.NEW, Standing.WORSE)
        else "below the level"
    )
    why = f": {one.text}" if one.text else ""
    # What is known keeps the level of the baseline, which the reason tells.
    level = "" if one.standing is Standing.KNOWN else f" ({one.severity.label})"
    return f"{head}: {one.code}{level} in {name}{why}"


def _short(lines: Sequence[str]) -> list[str]:
    more = len(lines) - MAX_LINES
    return [*lines] if more <= 0 else [*lines[:MAX_LINES], f"and {more} more: see the JSON report"]


def _notes(gate: Gate, named: Sequence[tuple[str, Diagnosis]]) -> list[str]:
    diagnoses = [one for _, one in named]
    notes = unused(gate.options.waivers, diagnoses)
    for part in gate.options.per_path:
        if not any(matches(part.path, one.run) for one in diagnoses):
            notes.append(
                f"the per-path settings of {part.path} are not used: no run of this call has that path"
            )
    if gate.how != "any":
        alone = [name for name, one in named if one.gate and one.gate.seeds == 1]
        if alone:
            notes.append(f"judged without other seeds: {', '.join(_short_names(alone))}")
    if gate.baseline is not None:
        notes += _baseline_notes(gate.baseline, named)
    return notes


def _short_names(names: Sequence[str]) -> list[str]:
    return [*names[:5], f"and {len(names) - 5} more"] if len(names) > 6 else [*names]


def _baseline(path: Path) -> Baseline:
    from rldoctor.gate.baseline import load

    return load(path)


def _baseline_notes(baseline: Baseline, named: Sequence[tuple[str, Diagnosis]]) -> list[str]:
    from rldoctor.gate.baseline import changes

    notes = []
    for (name, diagnosis), known in zip(named, baseline.known([one for _, one in named]), strict=True):
        if known is None:
            continue
        found = changes(diagnosis, known)
        if found.gone:
            notes.append(f"in the baseline and no longer found in {name}: {', '.join(found.gone)}")
        if found.unmeasured:
            notes.append(f"in the baseline and not measured now in {name}: {', '.join(found.unmeasured)}")
    return notes


def write_baseline(gate: Gate, diagnoses: Sequence[Diagnosis]) -> None:
    """Write the baseline file that was asked for."""
    if gate.write:
        from rldoctor import __version__
        from rldoctor.gate.baseline import text
        from rldoctor.report.registry import write_file

        write_file(text(diagnoses, __version__), Path(gate.write))
        sys.stderr.write(f"wrote {gate.write}\n")
