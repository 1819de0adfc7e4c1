"""The column that a program itself names as its x axis (W&B's ``define_metric(..., step_metric=...)``).

A name that says nothing (``interactions_done``) is no counter to anybody who only reads names, and the rows
of the tracker would be taken for steps instead. What the program defined is better than both.
"""

from __future__ import annotations

from collections.abc import Sequence

from rldoctor.model.algorithms import LANGUAGE_MODEL
from rldoctor.model.raw import Note
from rldoctor.vocabulary.naming import GUESSED_ORDER, Mapped, Named, rises
from rldoctor.vocabulary.tables import TagRule

# The note in which a reader says which column it is, and the count of rows that trackers keep themselves.
CODE = "step-metric"
_ROWS = "_step"


def with_step_metric(named: Named, notes: Sequence[Note], algorithm: str) -> Named:
    """``named`` with the defined step column as the count of steps, where its name told nothing."""
    defined = {tag for note in notes if note.code == CODE for tag in note.tags}
    found = next((one for one in named.unmapped if one.tag in defined and rises(one.values)), None)
    if found is None:
        return named
    language = algorithm in LANGUAGE_MODEL or algorithm == "language_model"
    metric = "gradient_updates" if language else "env_steps"
    named.unmapped = [one for one in named.unmapped if one is not found]
    named.ignored += [one.raw.tag for one in named.mapped if one.raw.tag == _ROWS]
    named.mapped = [one for one in named.mapped if one.raw.tag != _ROWS]
    named.mapped.append(Mapped(found, TagRule(metric), GUESSED_ORDER, guessed=True))
    return named
