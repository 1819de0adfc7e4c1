"""Envelope files: one JSON document each, small and comparable line by line."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from rldoctor.errors import ReadError, UsageError
from rldoctor.files import read_bytes, read_text, write_whole
from rldoctor.model.envelope import Band, Envelope, Member, MetricLevel
from rldoctor.model.raw import FloatArray
from rldoctor.paths import reference_runs

SCHEMA = 1
MAX_BYTES = 64 << 20
SUFFIX = ".json"
# Significant digits: of the outcomes, and of everything else, which is only drawn.
DIGITS, COARSE = 4, 3
OWN_DIR = "rldoctor-references"


def bundled_dir(package: Path) -> Path | None:
    """The envelopes shipped with the program: inside ``package`` (the wheel) or beside it (a checkout)."""
    return reference_runs("envelopes", package)


def file_name(name: str) -> str:
    """``my run`` -> ``my-run.json``; UsageError for a name without a letter or digit."""
    # The name becomes a file, so it may not hold a path.
    safe = re.sub(r"[^A-Za-z0-9._+-]+", "-", name).strip("-.")
    if not safe:
        raise UsageError(f"--name {name!r} cannot be a file name", hint="use letters, digits, - and _")
    return safe + SUFFIX


def save(envelope: Envelope, directory: Path) -> Path:
    """Write ``<name>.json`` into a directory, which is made when it does not exist; returns the file."""
    path = directory / file_name(envelope.name)
    if path.exists() and not _may_be_one(path):
        raise UsageError(f"{path} exists and is not a reference file", hint="choose another --name or --out")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        write_whole(text_of(envelope), path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error
    return path


def _may_be_one(path: Path) -> bool:
    try:
        load_envelope(path)
    except ReadError:
        # One of an older version is one all the same.
        return b'"milestones"' in read_bytes(path, MAX_BYTES)
    return True


def text_of(envelope: Envelope) -> str:
    """The document as text: every array on a line of its own, numbers to four digits."""
    bands = {
        metric: _plain_band(band, DIGITS if metric in envelope.levels else COARSE)
        for metric, band in envelope.bands.items()
    }
    head = {
        "schema": SCHEMA,
        "name": envelope.name,
        "algorithm": envelope.algorithm,
        "env": envelope.env,
        "variant": envelope.variant,
        "framework": envelope.framework,
        "axis": "env_steps",
        "settings": dict(envelope.settings),
        **({"config": dict(envelope.config)} if envelope.config else {}),
        "versions": {name: list(texts) for name, texts in envelope.versions.items()},
        "shares": list(envelope.shares),
        "levels": {metric: _plain_level(level) for metric, level in envelope.levels.items()},
        "runs": [_plain_member(member) for member in envelope.members],
        "steps": [int(step) for step in envelope.steps],
    }
    lines = [f"{json.dumps(key)}: {_value(value)}" for key, value in head.items()]
    metrics = ",\n".join(f"{json.dumps(metric)}: {_value(band)}" for metric, band in bands.items())
    return "{\n" + ",\n".join([*lines, '"metrics": {\n' + metrics + "\n}"]) + "\n}\n"


def _value(value: Any) -> str:
    """JSON on one line, except that each entry of a mapping or list of mappings gets its own."""
    if isinstance(value, dict) and any(isinstance(entry, list | dict) for entry in value.values()):
        inner = (f" {json.dumps(key)}:{_line(entry)}" for key, entry in value.items())
        return "{\n" + ",\n".join(inner) + "\n}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f" {_line(entry)}" for entry in value) + "\n]"
    return _line(value)


def _line(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _number(value: float, digits: int) -> float | int | None:
    if not math.isfinite(value):
        return None
    # Four digits: the file stays small, and its changes are those of the runs and not of the last bit.
    short = float(f"{value:.{digits}g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short


def _numbers(values: Iterable[float], digits: int = DIGITS) -> list[float | int | None]:
    return [_number(float(value), digits) for value in values]


def _plain_band(band: Band, digits: int) -> dict[str, Any]:
    arrays = {"min": band.low, "q10": band.q10, "q50": band.median, "q90": band.q90, "max": band.high}
    head = {"unit": band.unit, "n": band.count, "window": band.window}
    return {
        **head,
        **{name: _numbers(values, digits) for name, values in arrays.items() if values is not None},
    }


def _plain_level(level: MetricLevel) -> dict[str, Any]:
    return {
        "start": _number(level.start, DIGITS),
        "end": _number(level.end, DIGITS),
        "at": _numbers(level.at),
    }


def _plain_member(member: Member) -> dict[str, Any]:
    when = {metric: list(steps) for metric, steps in member.milestones.items()}
    return {"run": member.run, "seed": member.seed, "steps": member.steps, "milestones": when}


def load_envelope(path: Path) -> Envelope:
    """Read one file; ReadError when it is no envelope of this version."""
    try:
        # By time of change: a watch asks for the same file every few seconds, and it may be rebuilt
        # meanwhile.
        return _cached(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise ReadError(f"{path}: cannot be read: {error.strerror or error}") from error


@lru_cache(maxsize=256)
def _cached(path: Path, _changed: int) -> Envelope:
    hint = "make it again: rldoctor reference build RUNS... --name NAME"
    try:
        data = json.loads(read_text(path, MAX_BYTES))
    except (ValueError, RecursionError) as error:
        raise ReadError(f"{path}: not a reference file: {error}", hint=hint) from error
    found = data.get("schema") if isinstance(data, dict) else None
    # Refused instead of read as well as can be: a band with another meaning would judge runs wrongly, and
    # it can be built again.
    if found != SCHEMA:
        raise ReadError(f"{path}: not a reference file of schema {SCHEMA} (schema: {found})", hint=hint)
    try:
        return _envelope(data, str(path))
    # Whatever is wrong inside a file of somebody else is one message about that file.
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReadError(
            f"{path}: damaged reference file: {type(error).__name__} {error}", hint=hint
        ) from error


def _envelope(data: Mapping[str, Any], source: str) -> Envelope:
    steps = np.asarray(data["steps"], dtype=np.float64)
    # searchsorted gives nonsense on a grid that does not rise, without a word.
    if steps.ndim != 1 or steps.size < 2 or not bool((np.diff(steps) > 0).all()):
        raise ValueError("steps must be at least two increasing numbers")
    return Envelope(
        name=str(data["name"]),
        algorithm=str(data["algorithm"]),
        env=str(data["env"]),
        variant=str(data["variant"]),
        framework=str(data["framework"]),
        settings=dict(data["settings"]),
        members=tuple(_member(entry) for entry in data["runs"]),
        versions={name: tuple(texts) for name, texts in data["versions"].items()},
        steps=steps,
        shares=tuple(float(share) for share in data["shares"]),
        levels={metric: _level(entry) for metric, entry in data["levels"].items()},
        bands={metric: _band(metric, entry, steps) for metric, entry in data["metrics"].items()},
        source=source,
        config=dict(data.get("config", {})),
    )


def _member(entry: Mapping[str, Any]) -> Member:
    when = {metric: tuple(steps) for metric, steps in entry["milestones"].items()}
    return Member(str(entry["run"]), entry["seed"], float(entry["steps"]), when)


def _level(entry: Mapping[str, Any]) -> MetricLevel:
    return MetricLevel(float(entry["start"]), float(entry["end"]), tuple(float(at) for at in entry["at"]))


def _band(metric: str, entry: Mapping[str, Any], steps: FloatArray) -> Band:
    low, median, high = (_array(entry[name], steps) for name in ("min", "q50", "max"))
    q10, q90 = (_array(entry[name], steps) if name in entry else None for name in ("q10", "q90"))
    window = entry["window"]
    return Band(metric, str(entry["unit"]), int(entry["n"]), low, median, high, q10, q90, window)


def _array(values: Any, steps: FloatArray) -> FloatArray:
    array = np.asarray([math.nan if value is None else value for value in values], dtype=np.float64)
    if array.shape != steps.shape:
        raise ValueError(f"expected {steps.size} values, found {array.size}")
    return array


def envelopes_in(place: Path, about: Sequence[str] = ()) -> tuple[Envelope, ...]:
    """The envelope of a file, or every envelope of a directory by name.

    ``about``: only those of a directory in which all of these texts stand.

    Raises:
        UsageError: there is no such file or directory. ReadError: a file in it is no envelope.
    """
    if place.is_dir():
        files = sorted(place.glob(f"*{SUFFIX}"))
        return tuple(load_envelope(path) for path in files if not about or _mentions(path, about))
    if not place.is_file():
        raise UsageError(
            f"--reference {place}: no such file or directory",
            hint="auto, off, or what 'rldoctor reference build RUNS... --name NAME' wrote",
        )
    return (load_envelope(place),)


def _mentions(path: Path, about: Sequence[str]) -> bool:
    """Whether a file may be of interest, without taking it apart. One that cannot be read is, to be told."""
    try:
        text = read_bytes(path, MAX_BYTES)
    except OSError:
        return True
    return all(json.dumps(one).encode() in text for one in about)
