"""The built-in rules with their records, compiled: the checker runs when they change, not at each start."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from rldoctor.compiled.store import Compiled
from rldoctor.datafiles.canonical import vocabulary_sources
from rldoctor.paths import RECORDS, builtin_rules_dir, reference_runs
from rldoctor.plain_data import replace
from rldoctor.rulebook.schema import LoadedPack


def builtin_pack() -> LoadedPack:
    """The rules of the built-in pack, by code, each with its record. RuleError when a file is invalid."""
    return RULES.load(_placed)


def _placed(plain: dict[str, Any]) -> None:
    """Put the directory before the paths, which are relative to the pack."""
    directory = f"{builtin_rules_dir()}{os.sep}"
    for rule in plain.get("rules", ()):
        rule["path"] = directory + rule["path"].replace("/", os.sep)
    for draft in plain.get("drafts", ()):
        draft["file"] = directory + draft["file"].replace("/", os.sep)


def read_pack() -> LoadedPack:
    """The same from the rule files, checked; paths are relative to the pack, which may be moved."""
    # The checker is most of the program's rule code; a start that finds the compiled rules never needs it.
    from rldoctor.rulebook import records
    from rldoctor.rulebook.loader import load_finished

    directory = builtin_rules_dir()
    found = load_finished([directory])
    rules = records.with_records(found.rules, records.builtin_records(), directory)
    return LoadedPack(
        tuple(replace(rule, path=_within(directory, rule.path)) for rule in rules),
        tuple(replace(one, file=_within(directory, one.file)) for one in found.drafts),
    )


def _within(directory: Path, path: str) -> str:
    return Path(path).relative_to(directory).as_posix()


def _sources() -> list[Path]:
    record = reference_runs(RECORDS)
    return [builtin_rules_dir(), *vocabulary_sources(), *([record] if record else [])]


RULES = Compiled("rules", LoadedPack, _sources, read_pack, folded="rules")
