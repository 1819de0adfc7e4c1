"""The options shared by the commands, after the command line and the settings file are merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rldoctor.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from rldoctor.gate.waivers import Waiver
    from rldoctor.model.run import Run

SEVERITIES = ("critical", "error", "warning", "info")
FAIL_ON = (*SEVERITIES, "never")


@dataclass(frozen=True, slots=True)
class PathOptions:
    """Settings for the runs that ``path`` names (a pattern, see ``rldoctor.gate.globs``)."""

    path: str
    options: Options


@dataclass(frozen=True, slots=True)
class Options:
    """What may be given on the command line or in ``rldoctor.toml``; empty means not given.

    ``waivers`` and ``per_path`` stand in the settings file only. ``given`` is the command line by itself.
    """

    format: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    set: tuple[str, ...] = ()
    map: Mapping[str, str] = field(default_factory=dict)
    algorithm: str = ""
    framework: str = ""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    fail_on: str = ""
    min_coverage: str = ""
    reference: tuple[str, ...] = ()
    baseline: str = ""
    aggregate: str = ""
    waivers: tuple[Waiver, ...] = ()
    per_path: tuple[PathOptions, ...] = ()
    given: Options | None = None

    def over(self, base: Options) -> Options:
        """These options where they are given, ``base`` elsewhere; tables are merged key by key."""
        changes: dict[str, Any] = {"given": self}
        for one in fields(self):
            if one.name == "given":
                continue
            mine, theirs = getattr(self, one.name), getattr(base, one.name)
            if one.name == "map":
                changes[one.name] = {**theirs, **mine}
            elif one.name == "thresholds":
                changes[one.name] = merge_thresholds(theirs, mine)
            else:
                changes[one.name] = mine or theirs
        return replace(self, **changes)

    def for_run(self, run: Run) -> Options:
        """The options of one run: the tables of ``per_path`` that name it, in order, over the general ones.

        What a table ignores is added to what is ignored already. The command line wins over all of it.
        """
        from rldoctor.gate.globs import matches

        made = self
        for one in self.per_path:
            if matches(one.path, run):
                more = replace(one.options, ignore=(*made.ignore, *one.options.ignore))
                made = more.over(made)
        return made if made is self or self.given is None else self.given.over(made)

    @property
    def rules_dirs(self) -> tuple[Path, ...]:
        """Directories of further rule packs; UsageError when one does not exist."""
        found = tuple(Path(name) for name in self.rules)
        for path in found:
            if not path.is_dir():
                raise UsageError(f"--rules {path}: no such directory", hint="give a directory of rule files")
        return found

    def load_arguments(self) -> dict[str, Any]:
        """Keyword arguments of ``rldoctor.api.load``."""
        return {
            "algorithm": self.algorithm or None,
            "framework": self.framework or None,
            "tag_map": self.map,
            "config_files": [existing_file(name) for name in self.config],
            "settings": list(self.set),
            "rules_dirs": self.rules_dirs,
        }

    def rule_arguments(self) -> dict[str, Any]:
        """Keyword arguments of ``rldoctor.api.diagnose``."""
        return {
            "select": self.select,
            "ignore": self.ignore,
            "thresholds": self.thresholds,
            "rules_dirs": self.rules_dirs,
            "references": self.reference or ("auto",),
        }


def detail(*, verbose: bool, quiet: bool) -> int:
    """How much the terminal report says: 1 more, -1 less, 0 as usual; UsageError for both at once."""
    if verbose and quiet:
        raise UsageError("--verbose and --quiet ask for opposite things", hint="leave one of them out")
    return int(verbose) - int(quiet)


def merge_thresholds(
    base: Mapping[str, Mapping[str, float]], mine: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    """Two tables of ``{code: {name: value}}``; ``mine`` wins."""
    return {code: {**base.get(code, {}), **mine.get(code, {})} for code in {**base, **mine}}


def existing_file(name: str) -> Path:
    """The path of a file the user named; UsageError when it is not there."""
    path = Path(name)
    if not path.is_file():
        raise UsageError(f"--config {name}: no such file", hint="give a YAML, JSON or TOML file")
    return path


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
