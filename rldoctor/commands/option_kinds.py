"""How the value of an option is written: on the command line, and in a settings file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rldoctor.errors import UsageError, did_you_mean
from rldoctor.plain_data import dataclass


@dataclass(frozen=True, slots=True)
class OptionKind:
    """One way to write a value.

    ``typed`` makes the value of what was typed: a text, or with ``several`` the texts of an option that may
    be given again. ``in_file`` is the form in a settings file, in words; ``settings`` holds its readers.
    """

    name: str
    in_file: str
    typed: Callable[[Any], Any]
    several: bool = True


def pairs(texts: Sequence[str], option: str, form: str) -> list[tuple[str, str]]:
    """``KEY=VALUE`` texts taken apart at the first ``=``; UsageError for anything else."""
    found = []
    for text in texts:
        key, sign, value = text.partition("=")
        if not (sign and key.strip() and value.strip()):
            raise UsageError(f"{option} {text!r} is not of the form {form}", hint=f"example: {option} {form}")
        found.append((key.strip(), value.strip()))
    return found


def parse_map(texts: Sequence[str]) -> dict[str, str]:
    """``TAG=METRIC`` texts; the tag may hold ``=`` itself, since metric names never do."""
    swapped = []
    for text in texts:
        tag, sign, metric = text.rpartition("=")
        swapped.append(f"{metric}={tag}" if sign else text)
    return {tag: metric for metric, tag in pairs(swapped, "--map", "TAG=METRIC")}


def parse_thresholds(texts: Sequence[str]) -> dict[str, dict[str, float]]:
    """``CODE.name=value`` texts; UsageError when the value is no number or the dot is missing."""
    form = "CODE.name=value"
    found: dict[str, dict[str, float]] = {}
    for key, value in pairs(texts, "--threshold", form):
        code, dot, name = key.partition(".")
        if not dot or not name:
            raise UsageError(
                f"--threshold {key}={value} is not of the form {form}", hint="see: rldoctor rules show CODE"
            )
        found.setdefault(code, {})[name] = as_number(value, f"--threshold {key}")
    return found


def as_number(text: str, option: str) -> float:
    """The number in ``text``; UsageError when it is none."""
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{option}: {text!r} is not a number") from None


def parse_share(text: str, option: str) -> float:
    """``0.6`` or ``60%`` as a share in [0, 1]; UsageError otherwise."""
    value = as_number(text.removesuffix("%"), option)
    share = value / 100 if text.endswith("%") else value
    if not 0 <= share <= 1:
        raise UsageError(f"{option} {text}: expected a share between 0 and 1, or 0% to 100%")
    return share


def one_of(value: str, known: Sequence[str], option: str) -> str:
    """``value`` when it is one of ``known`` (any case); UsageError that lists them otherwise."""
    lower = value.lower()
    if lower not in known:
        raise UsageError(
            f"{option}: unknown value {value!r}{did_you_mean(lower, known)}",
            hint=f"one of: {', '.join(known)}",
        )
    return lower


def listed(texts: Sequence[str]) -> tuple[str, ...]:
    """Names given one by one or joined by commas."""
    return tuple(name.strip() for text in texts for name in text.split(",") if name.strip())


def merge_thresholds(
    base: Mapping[str, Mapping[str, float]], mine: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    """Two tables of ``{code: {name: value}}``; ``mine`` wins."""
    return {code: {**base.get(code, {}), **mine.get(code, {})} for code in {**base, **mine}}


TEXT = OptionKind("text", "text", str, several=False)
SHARE = OptionKind("share", "text or number", str, several=False)
FLAG = OptionKind("flag", "true or false", bool, several=False)
TEXTS = OptionKind("texts", "text or list of texts", tuple)
NAMES = OptionKind("names", "text or list of texts", listed)
SETTINGS = OptionKind("settings", "table of text, numbers and booleans", tuple)
METRICS = OptionKind("metrics", "table of texts", parse_map)
THRESHOLDS = OptionKind("thresholds", "table of tables of numbers", parse_thresholds)
# What only a settings file can say.
TASKS = OptionKind("tasks", "table of tables, see [Tasks](tasks.md)", tuple)
WAIVERS = OptionKind("waivers", "array of tables", tuple)
PER_PATH = OptionKind("per-path", "array of tables", tuple)
