"""Run parameters and properties as settings with dotted keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rldoctor.model.raw import Note, RawSetting

SOURCE = "aim:params"
# Aim stores the whole environment of the process here, secrets and all, with its package list.
SYSTEM_PARAMS = "__system_params"


def attribute_settings(run: Any, notes: list[Note]) -> list[RawSetting]:
    """What the user stored with ``run[key] = value``, nested mappings as dotted keys, lists kept whole."""
    try:
        tree = run.meta_run_attrs_tree.collect()
    except KeyError:  # Aim's way to say that nothing was stored
        return []
    if tree.pop(SYSTEM_PARAMS, None) is not None:
        text = "Environment variables and the package list stored by Aim (__system_params) were left out."
        notes.append(Note("aim-system-params", text))
    return [RawSetting(key, value, SOURCE) for key, value in flatten(tree)]


def flatten(tree: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    """``('a.b', 1)`` for ``{'a': {'b': 1}}``; an empty mapping is a value of its own."""
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{name}.")
        else:
            yield name, value


def property_settings(run: Any) -> list[RawSetting]:
    """``run.name``, ``run.experiment``, ``run.description`` and ``run.tags`` where the user set them."""
    automatic = {f"Run: {run.hash}", "default"}
    given = {"name": run.name, "experiment": run.experiment, "description": run.description}
    named = {key: value for key, value in given.items() if value and value not in automatic}
    tags = {"tags": list(run.tags)} if run.tags else {}
    return [RawSetting(f"run.{key}", value, "aim:run") for key, value in (named | tags).items()]
