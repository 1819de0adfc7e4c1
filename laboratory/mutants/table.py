"""The tables as values: faults, the trainings they are planted in, and what counts as harm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from laboratory.mutants.mutation import Edit

HERE = Path(__file__).parent
HARMFUL, HARMLESS = "harmful", "harmless"


class TableError(Exception):
    """An entry of a table that does not fit the others."""


@dataclass(frozen=True, slots=True)
class TrainingTask:
    """An algorithm on an environment with a budget and settings under which the unchanged library learns."""

    name: str
    algo: str
    env: str
    steps: int
    n_envs: int
    split: str
    actions: str
    core: bool = False
    normalize: bool = False
    noise: float | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlantedFault:
    """One planted deviation: ``edits`` by algorithm, or ``settings``, or both."""

    name: str
    mechanism: str
    cause: str
    roots: tuple[str, ...]
    expect: str
    algorithms: tuple[str, ...]
    edits: Mapping[str, tuple[Edit, ...]]
    settings: Mapping[str, Any] = field(default_factory=dict)
    only: str | None = None

    def fits(self, task: TrainingTask) -> bool:
        """Whether the fault can be planted in that training."""
        return task.algo in self.algorithms and self.only in (None, task.actions)


@cache
def tasks() -> Mapping[str, TrainingTask]:
    """Every training of ``tasks.yaml`` by name."""
    document = _read("tasks.yaml")
    places = document["environments"]
    return {
        name: TrainingTask(name=name, **{**entry, **places[entry["env"]]})
        for name, entry in document["tasks"].items()
    }


@cache
def faults() -> Mapping[str, PlantedFault]:
    """Every fault of the ``faults_*.yaml`` tables by name. Raises TableError when two have one name."""
    found: dict[str, PlantedFault] = {}
    for path in sorted(HERE.glob("faults_*.yaml")):
        for entry in _read(path.name):
            fault = _fault(entry)
            if fault.name in found:
                raise TableError(
                    f"{path.name}: a fault named {fault.name} exists already; give it another name"
                )
            found[fault.name] = fault
    return found


@cache
def limits() -> Mapping[str, float]:
    """The named numbers of ``outcome.yaml``."""
    return {name: entry["value"] for name, entry in _read("outcome.yaml").items()}


def _fault(entry: Mapping[str, Any]) -> PlantedFault:
    """A fault of its entry, with the functions' short names resolved for every algorithm."""
    names = _read("targets.yaml")
    algorithms = entry["algorithms"]
    chosen = tuple(names["groups"][algorithms] if isinstance(algorithms, str) else algorithms)
    edits = {
        algo: tuple(
            Edit(_place(names, edit["in"], algo), edit["find"], edit["replace"])
            for edit in entry.get("edits", ())
        )
        for algo in chosen
    }
    rest = {key: entry[key] for key in ("name", "mechanism", "cause", "expect")}
    return PlantedFault(
        **rest,
        roots=tuple(entry["roots"]),
        algorithms=chosen,
        edits=edits,
        settings=entry.get("settings", {}),
        only=entry.get("only"),
    )


def _place(names: Mapping[str, Any], short: str, algo: str) -> str:
    """``module:Class.method`` of a short name. Raises TableError when the algorithm has no such function."""
    if short in names["functions"]:
        return str(names["functions"][short])
    try:
        return str(names[short][algo])
    except KeyError as error:
        raise TableError(
            f"targets.yaml: {algo} has no {short}; add it or change the fault's algorithms"
        ) from error


@cache
def _read(name: str) -> Any:
    """One YAML file of this folder."""
    return yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
