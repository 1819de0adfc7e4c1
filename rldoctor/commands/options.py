"""The options shared by the commands, after the command line and the settings file are merged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rldoctor.commands import option_kinds as kinds
from rldoctor.errors import UsageError
from rldoctor.plain_data import dataclass, replace

if TYPE_CHECKING:
    from rldoctor.gate.waivers import Waiver
    from rldoctor.model.run import Run
    from rldoctor.model.task import Task

SEVERITIES = ("critical", "error", "warning", "info")
FAIL_ON = (*SEVERITIES, "never")


@dataclass(frozen=True, slots=True)
class Declared:
    """All there is to say of an option: command line, settings file and the list of keys follow from it.

    ``kind``: how its value is written. ``flags``, ``metavar`` and ``help``: on the command line (no flags:
    only in a settings file). ``per_path``: a table of ``per-path`` may change it.
    """

    kind: kinds.OptionKind
    flags: tuple[str, ...] = ()
    metavar: str = ""
    help: str = ""
    per_path: bool = False


_DECLARED = "declared"


def declared(
    kind: kinds.OptionKind,
    flags: tuple[str, ...] = (),
    metavar: str = "",
    help: str = "",
    *,
    per_path: bool = False,
) -> Any:
    """A field of :class:`Options`. Its default means "not given": empty text, no texts, no entries."""
    said = {_DECLARED: Declared(kind, flags, metavar, help, per_path)}
    if kind in (kinds.METRICS, kinds.THRESHOLDS):
        return field(default_factory=dict, metadata=said)
    if kind is kinds.FLAG:
        return field(default=False, metadata=said)
    return field(default=() if kind.several else "", metadata=said)


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

    format: tuple[str, ...] = declared(
        kinds.TEXTS,
        ("--format", "-f"),
        "FORMAT",
        "terminal, html, json, jsonl, junit, parquet, markdown, github or agent.",
    )
    output: tuple[str, ...] = declared(
        kinds.TEXTS,
        ("--output", "-o"),
        "FILE",
        "Where the report goes; pairs with -f. - is stdout.",
    )
    config: tuple[str, ...] = declared(kinds.TEXTS, ("--config",), "FILE", "Hyperparameters (YAML, JSON).")
    set: tuple[str, ...] = declared(
        kinds.SETTINGS, ("--set",), "KEY=VALUE", "One hyperparameter; wins over files."
    )
    map: Mapping[str, str] = declared(kinds.METRICS, ("--map",), "TAG=METRIC", "Say what a logged tag means.")
    algorithm: str = declared(kinds.TEXT, ("--algorithm",), "NAME", "ppo, sac, ... (default: detected).")
    framework: str = declared(kinds.TEXT, ("--framework",), "NAME", "Framework (default: detected).")
    env: str = declared(
        kinds.TEXT, ("--env",), "NAME", "The task of all runs (default: detected).", per_path=True
    )
    select: tuple[str, ...] = declared(
        kinds.NAMES, ("--select",), "CODE", "Only these rules: code, prefix or area.", per_path=True
    )
    ignore: tuple[str, ...] = declared(kinds.NAMES, ("--ignore",), "CODE", "Not these rules.", per_path=True)
    rules: tuple[str, ...] = declared(kinds.TEXTS, ("--rules",), "DIR", "A further pack of rules.")
    thresholds: Mapping[str, Mapping[str, float]] = declared(
        kinds.THRESHOLDS, ("--threshold",), "CODE.name=value", "Change a rule's threshold.", per_path=True
    )
    fail_on: str = declared(
        kinds.TEXT,
        ("--fail-on",),
        "SEVERITY",
        "critical, error, warning, info or never [error].",
        per_path=True,
    )
    min_coverage: str = declared(
        kinds.SHARE,
        ("--min-coverage",),
        "SHARE",
        "Least share of rules that could look, 0-1.",
        per_path=True,
    )
    reference: tuple[str, ...] = declared(
        kinds.TEXTS, ("--reference",), "auto|off|PATH", "Good runs to hold it against [auto]."
    )
    baseline: str = declared(
        kinds.TEXT, ("--baseline",), "FILE", "Fail only on what is new or worse than in it."
    )
    aggregate: str = declared(
        kinds.TEXT, ("--aggregate",), "any|median|all", "How many seeds must have it [any]."
    )
    strict: bool = declared(kinds.FLAG, ("--strict",), help="Exit with 2 when anything could not be read.")
    waivers: tuple[Waiver, ...] = declared(kinds.WAIVERS, help="Findings that are accepted until a day.")
    task: tuple[Task, ...] = declared(kinds.TASKS, help="What is known of tasks of your own.")
    per_path: tuple[PathOptions, ...] = declared(kinds.PER_PATH, help="Other settings for some of the runs.")
    given: Options | None = None

    def over(self, base: Options) -> Options:
        """These options where they are given, ``base`` elsewhere; tables are merged key by key."""
        changes: dict[str, Any] = {"given": self}
        for name, one in OPTIONS.items():
            mine, theirs = getattr(self, name), getattr(base, name)
            if one.kind is kinds.METRICS:
                changes[name] = {**theirs, **mine}
            elif one.kind is kinds.THRESHOLDS:
                changes[name] = kinds.merge_thresholds(theirs, mine)
            else:
                changes[name] = mine or theirs
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
            **self.task_arguments(),
        }

    def task_arguments(self) -> dict[str, Any]:
        """What of the keyword arguments of ``rldoctor.api.diagnose`` says which task is trained."""
        return {"env": self.env, "tasks": self.task}


def _declaration(one: Field[Any]) -> Declared | None:
    return one.metadata.get(_DECLARED)


# Every option by the name of its field.
OPTIONS: Mapping[str, Declared] = {
    one.name: found for one in fields(Options) if (found := _declaration(one)) is not None
}


def typed_name(name: str) -> str:
    """What an option is called where it is typed: the field ``thresholds`` is ``--threshold``."""
    flags = OPTIONS[name].flags
    return flags[0].removeprefix("--").replace("-", "_") if flags else name


BY_TYPED_NAME: Mapping[str, str] = {typed_name(name): name for name in OPTIONS}


def key_of(name: str) -> str:
    """The key of an option in a settings file."""
    return name.replace("_", "-")


def detail(*, verbose: bool, quiet: bool) -> int:
    """How much the terminal report says: 1 more, -1 less, 0 as usual; UsageError for both at once."""
    if verbose and quiet:
        raise UsageError("--verbose and --quiet ask for opposite things", hint="leave one of them out")
    return int(verbose) - int(quiet)


def existing_file(name: str) -> Path:
    """The path of a file the user named; UsageError when it is not there."""
    path = Path(name)
    if not path.is_file():
        raise UsageError(f"--config {name}: no such file", hint="give a YAML, JSON or TOML file")
    return path
