"""All compiled data, for the wheel: one place that names every part of the program that has some."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rldoctor.compiled.store import Compiled
from rldoctor.datafiles.canonical import ALGORITHM_NAMES, CANONICAL, framework_names
from rldoctor.datafiles.mechanisms import MECHANISMS
from rldoctor.differential.criteria import CRITERIA as DIFFERENTIAL
from rldoctor.engine.policy import POLICY, QUANTITIES
from rldoctor.envelope.criteria import CRITERIA
from rldoctor.rulebook.builtin import RULES
from rldoctor.tasks.names import NAMES
from rldoctor.tasks.scales import LIMITS
from rldoctor.vocabulary.detect import FINGERPRINTS
from rldoctor.vocabulary.generic import WORDS
from rldoctor.vocabulary.tables import framework_table


def everything() -> Iterator[Compiled[Any]]:
    """What a start reads, and what a run that is left open asks for."""
    yield from (
        RULES,
        POLICY,
        QUANTITIES,
        CRITERIA,
        DIFFERENTIAL,
        CANONICAL,
        ALGORITHM_NAMES,
        MECHANISMS,
        FINGERPRINTS,
        WORDS,
        NAMES,
        LIMITS,
    )
    yield from (framework_table(name) for name in framework_names())


def compile_to(directory: Path) -> None:
    """Make all of it and leave it in ``directory``. Raises RuleError when a source is invalid."""
    for one in everything():
        one.write(directory)
