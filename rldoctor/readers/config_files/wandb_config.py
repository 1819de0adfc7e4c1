"""W&B's ``config.yaml``: every value wrapped in ``{desc: ..., value: ...}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OWN = ("_wandb", "wandb_version")


def unwrapped(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The plain configuration when ``data`` is W&B's, else ``data`` itself."""
    entries = {key: value for key, value in data.items() if key not in _OWN}
    # All of them: a configuration of another tool may have one section with a key ``value``.
    wrapped = all(
        isinstance(value, Mapping) and "value" in value and len(value) <= 2 for value in entries.values()
    )
    if not entries or not wrapped:
        return data
    return {key: value["value"] for key, value in entries.items()}
