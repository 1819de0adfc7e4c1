"""The built-in rules with their records, compiled: the checker runs when they change, not at each start."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rldoctor.compiled.store import Compiled
from rldoctor.paths import builtin_rules_dir, reference_runs
from rldoctor.rulebook import records
from rldoctor.rulebook.schema import Rule


def builtin_rules() -> tuple[Rule, ...]:
    """The rules of the built-in pack, by code, each with its record. RuleError when a file is invalid."""
    directory = builtin_rules_dir()
    return tuple(replace(rule, path=str(directory / rule.path)) for rule in RULES.load())


def read_rules() -> tuple[Rule, ...]:
    """The same from the rule files, checked; paths are relative to the pack, which may be moved."""
    # The checker is most of the program's rule code; a start that finds the compiled rules never needs it.
    from rldoctor.rulebook.loader import load_pack

    directory = builtin_rules_dir()
    found = records.with_records(load_pack([directory], tests=False), records.builtin_records(), directory)
    return tuple(replace(rule, path=Path(rule.path).relative_to(directory).as_posix()) for rule in found)


def _sources() -> list[Path]:
    record = reference_runs(records.FILE)
    return [builtin_rules_dir(), *([record] if record else [])]


RULES = Compiled("rules", tuple[Rule, ...], _sources, read_rules)
