"""The two steps everything else is made of: ``load`` a path, ``diagnose`` a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rldoctor.datafiles.packs import Stamp, pack_directories, stamp_of, vocabularies
from rldoctor.engine.assumption import guessed
from rldoctor.engine.diagnose import diagnose_run
from rldoctor.engine.known_task import with_tasks
from rldoctor.engine.policy import Policy, load_derived, load_policy, with_facts
from rldoctor.engine.prepared_run import prepare
from rldoctor.envelope.criteria import load_criteria as load_reference_criteria
from rldoctor.envelope.find import AUTO, envelopes
from rldoctor.envelope.identity import task_of
from rldoctor.envelope.match import view
from rldoctor.envelope.overlay import beside
from rldoctor.errors import ReadError
from rldoctor.loading import LoadResult, load
from rldoctor.model.algorithms import EITHER
from rldoctor.model.envelope import Envelope
from rldoctor.model.finding import Diagnosis
from rldoctor.model.raw import RawRun
from rldoctor.model.run import Run
from rldoctor.model.task import Task
from rldoctor.paths import PACKAGE, builtin_rules_dir
from rldoctor.plain_data import replace
from rldoctor.rulebook.builtin import builtin_pack
from rldoctor.rulebook.overrides import apply_overrides, select_rules
from rldoctor.rulebook.schema import LoadedPack, Rule

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from rldoctor.engine.expected import Expected
    from rldoctor.model.comparison import Arm, Comparison
    from rldoctor.model.differential import Differential

__all__ = [
    "LoadResult",
    "build_reference",
    "came_true",
    "compare",
    "diagnose",
    "drafts",
    "load",
    "plot",
    "rules",
    "with_twins",
]


def _packs(rules_dirs: Sequence[Path]) -> LoadedPack:
    packs = pack_directories(rules_dirs)
    # A pack may be edited between two calls; the built-in one stays as it is.
    return _loaded(packs, tuple(stamp_of(pack) for pack in packs[1:]))


@lru_cache(maxsize=8)
def _loaded(packs: tuple[Path, ...], _state: tuple[Stamp, ...]) -> LoadedPack:
    if packs == (builtin_rules_dir(),):
        return builtin_pack()
    # Rules of several packs are checked against each other, so all of them are read.
    from rldoctor.rulebook.loader import load_finished
    from rldoctor.rulebook.records import builtin_records, with_records

    found = load_finished(packs)
    return replace(found, rules=with_records(found.rules, builtin_records(), builtin_rules_dir()))


def policy(
    rules_dirs: Sequence[Path] = (),
    *,
    env: str = "",
    tasks: Sequence[Task] | Mapping[str, Mapping[str, Any]] = (),
) -> Policy:
    """What is decided about a run as a whole, with the facts of further packs and the user's tasks.

    UsageError where ``env`` is no known task.
    """
    found = with_facts(load_policy(builtin_rules_dir()), pack_directories(rules_dirs)[1:])
    return with_tasks(found, tasks, env)


def rules(rules_dirs: Sequence[Path] = ()) -> tuple[Rule, ...]:
    """The built-in rules and those of further packs (installed ones, ``rules_dirs``), by code.

    Drafts, rules with a text that is still ``TODO``, are left out: :func:`drafts` names them. RuleError when
    a file is invalid.
    """
    return _packs(rules_dirs).rules


def drafts(rules_dirs: Sequence[Path] = ()) -> tuple[str, ...]:
    """One line for each rule that is left out because it is not written to the end."""
    return tuple(str(one) for one in _packs(rules_dirs).drafts)


def diagnose(
    run: Run,
    *,
    rules_dirs: Sequence[Path] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    thresholds: Mapping[str, Mapping[str, float]] | None = None,
    references: Sequence[Path | str | Envelope] = (AUTO,),
    env: str = "",
    tasks: Sequence[Task] | Mapping[str, Mapping[str, Any]] = (),
) -> Diagnosis:
    """Apply the rules to a run.

    ``select`` and ``ignore`` take codes, prefixes (``POL``) or areas; ``thresholds`` overrides named
    thresholds, ``{"POL-01": {"kl_zero": 1e-4}}``. ``references``: ``auto`` holds the run against the bundled
    envelope of its algorithm and environment where there is one, ``off`` against none; files and directories
    of envelopes of your own (:func:`build_reference`) are looked at first; with envelopes themselves nothing
    else is looked at. ``env``: the task of the run, whatever its configuration and names say; ``tasks``:
    tasks of your own as a settings file has them, ``{"MyEnv-v0": {"horizon": 500, ...}}``.

    Raises:
        RuleError: a rule file is invalid. UsageError: an unknown code, threshold or task, a value out
        of range. ReadError: a reference file is damaged.
    """
    changed = apply_overrides(rules(rules_dirs), thresholds or {})
    chosen = select_rules(changed, select=select, ignore=ignore)
    builtin = builtin_rules_dir()
    criteria = load_reference_criteria(builtin)
    decided = policy(rules_dirs, env=env, tasks=tasks)
    # References of the user's own are a decision; nothing is guessed beside them.
    held = _looks_like(run, decided) if not env and tuple(references) == (AUTO,) else run
    against = view(held, envelopes(references, PACKAGE, about=_texts(held)), criteria)
    if held is not run:
        # One that does not fit says no more than that the guess may be wrong.
        against = replace(against, assumed=True, guessed="task") if against.used else view(run, (), criteria)
    quantities = load_derived(*pack_directories(rules_dirs))
    found = diagnose_run(run, chosen, decided, quantities, beside(held, against, criteria))
    return replace(found, reference=against, differential=_left(found))


def _left(found: Diagnosis) -> Differential | None:
    """The kinds of faults that are left; of most runs nothing has to be read for it."""
    if not found.roots:
        return None
    from rldoctor.differential.criteria import CRITERIA
    from rldoctor.differential.left import differential, open_finding
    from rldoctor.differential.planted import left_open
    from rldoctor.differential.probed import probed

    criteria = CRITERIA.load()
    if not open_finding(found, criteria):
        return None
    return differential(found, criteria, left_open(), probed())


def _texts(run: Run) -> tuple[str, ...]:
    """What stands in every envelope that may fit the run: one of two algorithms does not."""
    algorithm, env = task_of(run)
    return (env,) if algorithm in EITHER else (algorithm, env)


def _looks_like(run: Run, decided: Policy) -> Run:
    """The run with the environment that a log which names none looks like; the same where none is sure."""
    guess = guessed(run, decided.audit)
    return replace(run, env=guess) if guess else run


def plot(run: Run, metric: str = "", *, diagnosis: Diagnosis | None = None) -> Figure:
    """One metric as a Plotly figure object, the learning curve when none is named.

    With a diagnosis of the run: limits, onsets and the steps over which the findings about this metric held
    (on the learning curve the onset of every root cause), and the band of the reference.

    Raises:
        UsageError: the run has no such metric, or it is not the diagnosis' run. MissingExtraError: plotly is
        not installed (extra ``notebook``).
    """
    from rldoctor.report.notebook.plotting import figure

    return figure(run, metric, diagnosis)


def build_reference(runs: Sequence[Run], name: str, *, variant: str = "") -> Envelope:
    """The envelope of good runs of one algorithm on one task, for ``rldoctor.envelope.store.save``.

    Raises:
        UsageError: no runs, runs of different tasks, a step axis that is not in transitions, no outcome.
    """
    from rldoctor.envelope.build import build

    return build(runs, name, load_reference_criteria(builtin_rules_dir()), variant)


def came_true(run: Run, code: str, *, rules_dirs: Sequence[Path] = ()) -> Expected:
    """Whether what rule ``code`` expects after its fix is true of a run (made with the fix applied).

    ``came_true`` of the result is None when the rule has no check, or the run not the numbers for it.

    Raises:
        RuleError: a rule file is invalid. UsageError: no rule has this code.
    """
    from rldoctor.engine.expected import expected

    rule = select_rules(rules(rules_dirs), select=[code], ignore=())[0]
    quantities = load_derived(*pack_directories(rules_dirs))
    return expected(rule, prepare(run, policy(rules_dirs), quantities))


# A file that is a configuration and no log. JSON may be either: a log unless the outcome is given as numbers.
CONFIG_SUFFIXES = (".yaml", ".yml", ".toml")


def compare(
    base: Path | str,
    candidate: Path | str,
    *,
    base_summary: tuple[float, float] | None = None,
    candidate_summary: tuple[float, float] | None = None,
    base_config: Sequence[Path] = (),
    candidate_config: Sequence[Path] = (),
    loading: Mapping[str, Any] | None = None,
    ruling: Mapping[str, Any] | None = None,
) -> Comparison:
    """Compare two arms: each path is one run, or a directory or glob whose runs are the seeds of one arm.

    ``*_summary`` (mean, standard deviation) replaces the logged outcome. A path may also be a mere
    configuration file (YAML, TOML; JSON with a summary). ``*_config`` are configuration files of one arm.
    ``loading`` are further arguments of :func:`load`, ``ruling`` of :func:`diagnose`.

    Raises:
        ReadError: no run in a path. UsageError: the arms cannot be compared (environments, step units).
    """
    from rldoctor.comparison import compare_arms
    from rldoctor.comparison.criteria import load_criteria

    given = dict(loading or {})
    before, after = (
        _arm(name, path, summary, {**given, "config_files": [*given.get("config_files", ()), *files]}, ruling)
        for name, path, summary, files in (
            ("base", base, base_summary, base_config),
            ("candidate", candidate, candidate_summary, candidate_config),
        )
    )
    builtin = builtin_rules_dir()
    quantities = load_derived(*pack_directories((ruling or {}).get("rules_dirs", ())))
    return compare_arms(before, after, load_policy(builtin), quantities, load_criteria(builtin))


def with_twins(runs: Sequence[Run]) -> list[Run]:
    """The runs, each with a note of the run before it that is its twin up to the first number that differs.

    Twins are runs of one algorithm, environment and seed whose numbers are equal until then; ``rldoctor
    compare`` says the same of two.
    """
    from rldoctor.comparison.criteria import load_criteria
    from rldoctor.comparison.twins import with_twin_notes

    return with_twin_notes(runs, load_criteria(builtin_rules_dir()))


def _arm(
    name: str,
    path: Path | str,
    summary: tuple[float, float] | None,
    loading: Mapping[str, Any],
    ruling: Mapping[str, Any] | None,
) -> Arm:
    from rldoctor.model.comparison import Arm, Summary

    suffixes = CONFIG_SUFFIXES if summary is None else (*CONFIG_SUFFIXES, ".json")
    mere = Path(path).suffix in suffixes and Path(path).is_file()
    found = LoadResult((_configuration(Path(path), loading),)) if mere else load(path, **loading)
    runs = found.runs
    if not runs:
        raise ReadError(f"no readable run under {path}", hint="see what was found: rldoctor inspect PATH")
    diagnoses = () if mere else tuple(diagnose(run, **(ruling or {})) for run in runs)
    known = Summary(*summary) if summary else None
    return Arm(name, str(path), runs, diagnoses, known, found.failures)


def _configuration(path: Path, loading: Mapping[str, Any]) -> Run:
    """A run of which only the configuration is known."""
    from rldoctor.readers.checked import check_settings, checked_settings
    from rldoctor.readers.config_files import parse_set, read_config_file
    from rldoctor.vocabulary.mapping import understand

    overrides = [one for file in loading.get("config_files", ()) for one in read_config_file(file)]
    overrides += [parse_set(text) for text in loading.get("settings", ())]
    overrides, odd = checked_settings(overrides)
    raw = RawRun(path.stem, path, "configuration", notes=odd)
    raw.settings = read_config_file(path, notes=raw.notes)
    check_settings(raw)
    return understand(
        raw,
        algorithm=loading.get("algorithm"),
        framework=loading.get("framework"),
        overrides=overrides,
        packs=vocabularies(pack_directories(loading.get("rules_dirs", ()))),
    )
