"""A prescription as the line to write, in the form of the run's framework (``snippets.yaml``)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from rldoctor.model.finding import Prescription
from rldoctor.model.run import Run
from rldoctor.patterns import pattern
from rldoctor.plain_data import dataclass
from rldoctor.report.clean import clean

# What may stand in code that a person is told to copy: keys and words come from a log.
_KEY = pattern(r"[A-Za-z_][\w.-]*")
_NUMBER = pattern(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)
_WORD = pattern(r"[A-Za-z_][\w.-]*")
_SENTENCE = pattern(r"Set ([A-Za-z_][\w.]*)(?: to |=)('?)([\w.-]+)\2\.")
_NOTHING = "None"


@dataclass(frozen=True, slots=True)
class Snippet:
    """``text`` is what to write (it may have several lines), ``where`` the place, in words."""

    text: str
    where: str


def snippet(fix: Prescription, run: Run) -> Snippet | None:
    """The line that makes the change; None where there is no key, or no value that can be code."""
    key, value = _change(fix)
    if value is None or not _KEY.fullmatch(key):
        return None
    row = _row(run.framework, key)
    where = row["where"].replace("{algorithm}", _class(run.algorithm))
    form = FORMS[row["form"]]
    return Snippet(form(key, value, row), where)


def _change(fix: Prescription) -> tuple[str, str | bool | None]:
    """The key and its value, also where a sentence says them: ``Set clip_range_vf to None.``."""
    told = _SENTENCE.fullmatch(clean(fix.text)) if not (fix.key and fix.to) else None
    if told is not None:
        return told[1], _literal(told[3])
    return clean(fix.key), _literal(clean(fix.to))


def _row(framework: str, key: str) -> Mapping[str, Any]:
    rows = _table().get(framework, [])
    return next((row for row in rows if key in row.get("keys", [key])), _PLAIN)


@cache
def _table() -> Mapping[str, list[dict[str, Any]]]:
    # A run without a prescription needs no snippet.
    from rldoctor.report.snippets_file import snippets_file

    return snippets_file()


def _literal(text: str) -> str | bool | None:
    """A number without separators, True or False, or a quoted word; None for anything longer."""
    if text == _NOTHING:
        return _NOTHING
    plain = text.replace(",", "")
    if _NUMBER.fullmatch(plain):
        return plain
    if plain.lower() in {"true", "false"}:
        return plain.lower() == "true"
    return f'"{text}"' if _WORD.fullmatch(text) and text not in {"unknown", "infinite"} else None


def _class(algorithm: str) -> str:
    """The name of the class: ``PPO``, ``RecurrentPPO``."""
    named = {"ppo_recurrent": "RecurrentPPO", "ppo_lstm": "RecurrentPPO", "crossq": "CrossQ"}
    name = clean(algorithm)
    return named.get(name, name.upper() if name.isalnum() else "the algorithm")


def _yaml(key: str, value: str | bool, row: Mapping[str, Any]) -> str:
    parts = key.split(".")
    lines = [f"{'  ' * depth}{part}:" for depth, part in enumerate(parts)]
    told = str(value).lower() if isinstance(value, bool) else "null" if value == _NOTHING else value
    return "\n".join([*lines[:-1], f"{lines[-1]} {told}"])


def _argument(key: str, value: str | bool, row: Mapping[str, Any]) -> str:
    return f"{key.rpartition('.')[2]}={value},"


def _python(key: str, value: str | bool, row: Mapping[str, Any]) -> str:
    places = "".join(f'["{part}"]' for part in key.split("."))
    return f"{row['name']}{places} = {value}"


def _flag(key: str, value: str | bool, row: Mapping[str, Any]) -> str:
    name = key.replace("_", "-") if "." not in key else key
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no-{name}"
    return f"--{name} {value}"


def _override(key: str, value: str | bool, row: Mapping[str, Any]) -> str:
    return f"{key}={str(value).lower() if isinstance(value, bool) else value}"


def _plain(key: str, value: str | bool, row: Mapping[str, Any]) -> str:
    return f"{key}: {str(value).lower() if isinstance(value, bool) else value}"


_PLAIN: Mapping[str, Any] = {"form": "plain", "where": "where your script sets it"}
FORMS: Mapping[str, Callable[[str, str | bool, Mapping[str, Any]], str]] = {
    "argument": _argument,
    "flag": _flag,
    "override": _override,
    "plain": _plain,
    "python": _python,
    "yaml": _yaml,
}
