"""Quantities that no log holds and that follow from what it holds: what they are, and how they were made."""

from __future__ import annotations

from rldoctor.plain_data import dataclass

SERIES, SETTING, FACT = "series", "setting", "fact"


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One thing a derived quantity was computed from.

    ``name`` is what the formula calls it: a metric, ``config.x``, ``run.x`` or a constant. ``read_from`` is
    the tag or the file it was logged in, or what made it when it is itself derived or a constant. ``value``
    is the number of a setting, fact or constant, None for a series.
    """

    name: str
    read_from: str = ""
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Derivation:
    """How one derived quantity of a run was made.

    ``kind``: ``series`` (its points are in the run's metrics under ``name``), ``setting`` (rules call it
    ``config.name``) or ``fact`` (``run.name``). ``value`` is the number in ``unit``; None for a series.
    ``formula`` is the expression of the variant that was used, ``source`` where the formula comes from.
    """

    name: str
    kind: str
    unit: str
    says: str
    formula: str
    source: str
    ingredients: tuple[Ingredient, ...] = ()
    value: float | None = None
