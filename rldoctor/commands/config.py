"""``rldoctor config``: a settings file to begin with, and the JSON schema of such files."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rldoctor.commands import option_kinds as kinds
from rldoctor.commands.options import FAIL_ON, OPTIONS, Declared, key_of
from rldoctor.commands.settings import OWN_FILE, PATH_KEYS, WAIVER_KEYS
from rldoctor.errors import UsageError

SCHEMA_FILE = "rldoctor.schema.json"
# A name that holds wherever the file lies; who serves it gives its address.
_ID = "urn:rldoctor:settings:1"
# What a value looks like, where the name of its kind does not say it.
_EXAMPLES: Mapping[str, str] = {
    "format": '["terminal", "html"]',
    "output": '["report.html"]',
    "config": '["configs/ppo.yaml"]',
    "set": "{ n_envs = 8, gamma = 0.99 }",
    "map": '{ "my/return" = "episode_return" }',
    "algorithm": '"ppo"',
    "framework": '"stable_baselines3"',
    "env": '"Hopper-v5"',
    "select": '["POL", "VAL"]',
    "ignore": '["CFG-10"]',
    "rules": '["my-rules"]',
    "thresholds": "{ POL-01 = { kl_zero = 1e-4 } }",
    "fail_on": '"error"',
    "min_coverage": "0.3",
    "reference": '["auto"]',
    "baseline": '"rldoctor-baseline.json"',
    "aggregate": '"any"',
}
_TABLES = """
# [[waivers]]
# code = "ENT-05"
# path = "runs/legacy/**"
# reason = "the old policy is frozen on purpose"
# expires = 2027-03-31

# [[per-path]]
# path = "runs/sparse/**"
# fail-on = "critical"

# [task.MyEnv-v0]
# horizon = 500
# solved = 450.0
"""

_TITLE = "# Settings of rldoctor for the runs of this directory; the command line wins over them.\n"
_UNTOLD = (
    "# Completion and checks in an editor: rldoctor config schema > rldoctor.schema.json, and as first line\n"
    "# of this file #:schema ./rldoctor.schema.json (rldoctor config init --schema does both).\n"
)


def init(address: str = "", *, with_schema: bool = False) -> int:
    """Write the settings file; UsageError where there is one.

    ``with_schema``: the JSON schema is written beside it and named on its first line, as editors look for it;
    ``address``: the first line names this place instead, and nothing is written there.
    """
    path, beside = Path(OWN_FILE), Path(SCHEMA_FILE)
    if path.exists():
        raise UsageError(f"{path} is there already", hint="what it may hold: rldoctor config schema")
    files = {path: template(address or (f"./{beside}" if with_schema else ""))}
    if with_schema and not address:
        files[beside] = schema_text()
    for file, text in files.items():
        try:
            file.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise UsageError(f"cannot write {file}: {error.strerror or error}") from None
    sys.stdout.writelines(f"wrote {file}\n" for file in files)
    return 0


def template(address: str = "") -> str:
    """Every key in a comment, with what it does and an example; ``address``: where the schema is."""
    head = f"#:schema {address}\n{_TITLE}" if address else f"{_TITLE}{_UNTOLD}"
    return head + "".join(_lines()) + _TABLES


def _lines() -> Iterator[str]:
    for name, one in OPTIONS.items():
        if name in _EXAMPLES:
            yield f"\n# {one.help}\n# {key_of(name)} = {_EXAMPLES[name]}\n"


def schema(address: str = "") -> int:
    """Print the JSON schema; ``address``: where it will be served, its ``$id``."""
    sys.stdout.write(schema_text(address))
    return 0


def schema_text(address: str = "") -> str:
    """The JSON schema as the text of a file."""
    return json.dumps(json_schema(address), indent=2) + "\n"


def json_schema(address: str = "") -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a settings file. Keys may be written with ``-`` or ``_``."""
    general = {name: _value(name, one) for name, one in OPTIONS.items()}
    own = {name.replace("-", "_"): general[name.replace("-", "_")] for name in PATH_KEYS}
    general["per_path"] = _tables({"path": {"type": "string"}, **own}, ("path",))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address or _ID,
        "title": "Settings of rldoctor (rldoctor.toml, or tool.rldoctor of pyproject.toml)",
        **_table(general),
    }


def _table(values: Mapping[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    spelled = {key: value for name, value in values.items() for key in dict.fromkeys((key_of(name), name))}
    found: dict[str, Any] = {"type": "object", "properties": spelled, "additionalProperties": False}
    return {**found, "required": list(required)} if required else found


def _tables(values: Mapping[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    return {"type": "array", "items": _table(values, required)}


_TEXTS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_PLAIN = {"type": ["string", "number", "boolean"]}
_OBJECT: dict[str, Any] = {"type": "object"}
_KINDS: Mapping[str, dict[str, Any]] = {
    kinds.TEXT.name: {"type": "string"},
    kinds.SHARE.name: {"type": ["string", "number"]},
    kinds.FLAG.name: {"type": "boolean"},
    kinds.TEXTS.name: _TEXTS,
    kinds.NAMES.name: _TEXTS,
    kinds.SETTINGS.name: {**_OBJECT, "additionalProperties": _PLAIN},
    kinds.METRICS.name: {**_OBJECT, "additionalProperties": {"type": "string"}},
    kinds.THRESHOLDS.name: {
        **_OBJECT,
        "additionalProperties": {**_OBJECT, "additionalProperties": {"type": "number"}},
    },
    kinds.TASKS.name: {**_OBJECT, "additionalProperties": _OBJECT},
    kinds.PER_PATH.name: {"type": "array", "items": _OBJECT},
}


def _value(name: str, one: Declared) -> dict[str, Any]:
    if one.kind is kinds.WAIVERS:
        # A TOML date reaches a validator as a text.
        found = _tables({key: {"type": "string"} for key in WAIVER_KEYS}, WAIVER_KEYS)
    elif name == "fail_on":
        found = {"enum": list(FAIL_ON)}
    else:
        found = dict(_KINDS[one.kind.name])
    return {**found, "description": one.help}
