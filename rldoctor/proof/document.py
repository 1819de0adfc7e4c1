"""Proofs as data (JSON)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rldoctor import __version__
from rldoctor.proof.prove import Proof

SCHEMA = 1


def document(proofs: Sequence[Proof]) -> dict[str, Any]:
    """The proofs as plain dicts and lists, with the versions they were made with."""
    from rldoctor.training.train import versions

    return {
        "schema": SCHEMA,
        "rldoctor": __version__,
        "versions": versions(),
        "proofs": [as_json(proof) for proof in proofs],
    }


def as_json(proof: Proof) -> dict[str, Any]:
    """One proof; the numbers of its check to six digits."""
    told = asdict(proof)
    told["refused"] = [{"fix": fix, "why": why} for fix, why in proof.refused]
    told["values"] = {name: float(f"{value:.6g}") for name, value in proof.values.items()}
    return told


def number(value: float | None) -> str:
    """A return, or a dash where there is none to compare."""
    return "—" if value is None else f"{value:,.4g}"
