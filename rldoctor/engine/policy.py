"""``rules/policy.yaml`` and ``rules/derived.yaml`` as typed values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import lru_cache
from pathlib import Path
from typing import Any

from rldoctor.audit.criteria import AuditCriteria
from rldoctor.compiled.store import Compiled
from rldoctor.datafiles.canonical import canonical, vocabulary_names, vocabulary_sources
from rldoctor.datafiles.packs import AUDIT, CATALOGUE, DERIVED, FACTS, OUTCOME, Packs, vocabularies
from rldoctor.datafiles.packs import POLICY as POLICY_NAME
from rldoctor.language.parser import Expression, parse
from rldoctor.model.derivation import FACT, SETTING
from rldoctor.model.finding import Severity
from rldoctor.model.task import Task
from rldoctor.outcome.criteria import Criteria
from rldoctor.paths import builtin_rules_dir
from rldoctor.plain_data import dataclass, replace
from rldoctor.rulebook.schema import PackFacts


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How the outcome of a run is judged: where the return is read, and the run facts in order."""

    sources: tuple[str, ...]
    success: tuple[str, ...]
    thresholds: Mapping[str, float]
    facts: Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class Inherits:
    """What leads to one of ``parents``, and these themselves, leads to ``code`` with this ``strength``."""

    code: str
    parents: frozenset[str]
    strength: str


@dataclass(frozen=True, slots=True)
class Ranking:
    """Weights of the root-cause score (``docs/diagnosis.md``)."""

    severity: Mapping[str, float]
    strength: Mapping[str, float]
    note_claims: Mapping[str, float]
    before: float
    unknown: float
    after: float
    timing_slack: float
    window_lag: float
    absent_prediction: float
    config_only: float
    unmeasured_prediction: float
    inherits: tuple[Inherits, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that is decided about a run as a whole. ``packs``: the facts that packs add, in order;
    ``tasks``: the user's own; ``env``: the task of every run, where the user says it.
    """

    outcome: Outcomes
    ranking: Ranking
    gate_exempt: frozenset[str]
    gate_exempt_areas: frozenset[str]
    quality_codes: frozenset[str]
    whole_log: Mapping[str, Severity]
    concerns: Mapping[str, tuple[str, ...]]
    spared_codes: frozenset[str]
    healthy_rules: float
    short_rules: float
    needs_one_of: tuple[str, ...]
    no_data_codes: frozenset[str]
    nonfinite: tuple[str, ...] = ()
    nonfinite_at_once: frozenset[str] = frozenset()
    terms: Mapping[str, float] = field(default_factory=dict)
    remark_areas: frozenset[str] = frozenset()
    aside_areas: frozenset[str] = frozenset()
    incomplete_notes: frozenset[str] = frozenset()
    packs: tuple[PackFacts, ...] = ()
    tasks: tuple[Task, ...] = ()
    env: str = ""
    audit: AuditCriteria = field(default_factory=AuditCriteria)
    judging: Criteria = field(default_factory=Criteria)


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to compute a derived quantity, valid for some algorithms and frameworks (empty: all)."""

    value: Expression
    inputs: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ()
    except_algorithms: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Derived:
    """A derived quantity: the first variant whose inputs are there wins."""

    name: str
    unit: str
    says: str
    variants: tuple[Variant, ...]
    source: str = ""


@dataclass(frozen=True, slots=True)
class Constant:
    """A number that formulas of derived quantities use by name, and where it comes from."""

    value: float
    unit: str
    note: str


@dataclass(frozen=True, slots=True)
class DerivedSet:
    """All that is derived; ``numbers`` are the derived settings and facts, each with its kind.

    ``metrics`` and ``knobs``: what a log or a configuration may hold by itself. ``continuous``: which of it
    discrete actions do not have (settings as ``config.x``), ``of_policy``: what a learner without a policy
    network does not have.
    """

    series: tuple[Derived, ...] = ()
    numbers: tuple[tuple[str, Derived], ...] = ()
    constants: Mapping[str, Constant] = field(default_factory=dict)
    metrics: frozenset[str] = field(default_factory=lambda: frozenset(canonical().units))
    knobs: frozenset[str] = field(default_factory=lambda: canonical().knobs)
    continuous: frozenset[str] = field(default_factory=lambda: canonical().continuous)
    of_policy: frozenset[str] = field(default_factory=lambda: canonical().of_policy)


# Only the numbers: unit and note of a threshold are for readers of the file and for its checks.
def _values(block: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(entry["value"]) for name, entry in block.items()}


@lru_cache(maxsize=4)
def load_policy(rules: Path) -> Policy:
    """The policy of a rules directory; RuleError with every problem of the file."""
    return POLICY.load() if rules == builtin_rules_dir() else read_policy(rules)


def read_policy(rules: Path) -> Policy:
    """The policy, from its file. RuleError with every problem of it."""
    from rldoctor.audit.criteria_file import read_criteria
    from rldoctor.outcome.criteria_file import load_criteria
    from rldoctor.rulebook.pack_facts import facts_of
    from rldoctor.rulebook.policy_file import policy_file

    return replace(
        build_policy(policy_file(rules)),
        packs=(facts_of(rules),),
        audit=read_criteria(rules),
        judging=load_criteria(rules),
    )


def build_policy(data: Mapping[str, Any]) -> Policy:
    """The policy from checked plain values."""
    outcome, rank, verdict = data["outcome"], data["ranking"], data["verdict"]
    return Policy(
        outcome=Outcomes(
            tuple(outcome["sources"]),
            tuple(outcome["success"]),
            _values(outcome["thresholds"]),
            {name: parse(text) for name, text in outcome["facts"].items()},
        ),
        ranking=_ranking(rank),
        gate_exempt=frozenset(data["gate"]["exempt"]),
        gate_exempt_areas=frozenset(data["gate"]["exempt_areas"]),
        quality_codes=frozenset(data["data_quality"]["lowers"]),
        whole_log={code: Severity.parse(at) for code, at in data["data_quality"]["whole_log"].items()},
        concerns={code: tuple(names) for code, names in data["data_quality"]["concerns"].items()},
        spared_codes=frozenset(data["data_quality"]["spares"]),
        healthy_rules=_values(verdict["thresholds"])["healthy_rules"],
        short_rules=_values(verdict["thresholds"])["short_rules"],
        needs_one_of=tuple(verdict["needs_one_of"]),
        no_data_codes=frozenset(verdict["no_data_codes"]),
        nonfinite=tuple(data["nonfinite"]["of"]),
        nonfinite_at_once=frozenset(data["nonfinite"]["from_the_first"]),
        terms=_values(data["terms"]),
        remark_areas=frozenset(verdict["remarks"]),
        aside_areas=frozenset(verdict["aside"]),
        incomplete_notes=frozenset(verdict["incomplete"]),
        # Facts of the pack are part of the policy, because they are made once per run, before any rule.
    )


def with_facts(policy: Policy, packs: Sequence[Path]) -> Policy:
    """The policy with the facts of further packs, after its own. RuleError when one of them is invalid."""
    if not packs:
        return policy
    from rldoctor.rulebook.pack_facts import facts_of

    return replace(policy, packs=(*policy.packs, *(facts_of(pack) for pack in packs)))


def _ranking(rank: Mapping[str, Any]) -> Ranking:
    timing = rank["timing"]
    return Ranking(
        severity={name: float(weight) for name, weight in rank["severity"].items()},
        strength={name: float(weight) for name, weight in rank["strength"].items()},
        note_claims={name: float(least) for name, least in rank["note_claims"].items()},
        before=float(timing["before"]),
        unknown=float(timing["unknown"]),
        after=float(timing["after"]),
        timing_slack=float(rank["timing_slack"]),
        window_lag=float(rank["window_lag"]),
        absent_prediction=float(rank["absent_prediction"]),
        config_only=float(rank["config_only"]),
        unmeasured_prediction=float(rank["unmeasured_prediction"]),
        inherits=tuple(
            Inherits(code, frozenset(entry["from"]), str(entry["strength"]))
            for code, entry in rank.get("inherits", {}).items()
        ),
    )


def load_derived(*packs: Path) -> DerivedSet:
    """The derived quantities of packs, the built-in one first; RuleError with every problem of a file.

    Those of a later pack are made after those of the packs before it, and may use them.
    """
    return _load_derived(packs, tuple(_changed(pack / DERIVED) for pack in packs), vocabularies(packs))


def _changed(path: Path) -> int:
    return path.stat().st_mtime_ns if path.is_file() else 0


@lru_cache(maxsize=8)
def _load_derived(packs: tuple[Path, ...], _state: tuple[int, ...], folders: Packs) -> DerivedSet:
    return QUANTITIES.load() if packs == (builtin_rules_dir(),) else read_derived(packs, folders)


def read_derived(packs: tuple[Path, ...], folders: Packs = ()) -> DerivedSet:
    """The derived quantities, from the files of packs. RuleError with every problem of a file."""
    from rldoctor.rulebook.lists import derived_files

    known = canonical(folders)
    made = build_derived(derived_files(packs, vocabulary_names(folders)))
    return replace(
        made,
        metrics=frozenset(known.units),
        knobs=known.knobs,
        continuous=known.continuous,
        of_policy=known.of_policy,
    )


def build_derived(files: Sequence[Mapping[str, Any]]) -> DerivedSet:
    """The derived quantities from checked plain values, one entry a pack."""
    constants = {
        name: Constant(float(entry["value"]), entry["unit"], entry["note"])
        for data in files
        for name, entry in data.get("constants", {}).items()
    }
    # Settings before facts, in file order each: a fact (gradient steps made) is computed from settings,
    # never the other way.
    numbers = [
        (kind, one)
        for data in files
        for kind, section in ((SETTING, "knobs"), (FACT, "facts"))
        for one in _derived(data.get(section, {}))
    ]
    series = tuple(one for data in files for one in _derived(data.get("series", {})))
    return DerivedSet(series, tuple(numbers), constants)


def _derived(block: Mapping[str, Any]) -> tuple[Derived, ...]:
    return tuple(
        Derived(
            name,
            entry["unit"],
            entry["says"],
            tuple(_variant(one) for one in entry["variants"]),
            entry.get("source", ""),
        )
        for name, entry in block.items()
    )


def _variant(entry: Mapping[str, Any]) -> Variant:
    lists = ("from", "optional", "config", "algorithms", "except", "frameworks")
    return Variant(parse(entry["value"]), *(tuple(entry.get(key, ())) for key in lists))


def _sources() -> list[Path]:
    """The policy and its facts, and where the names stand that these and the derived quantities refer to."""
    names = (POLICY_NAME, FACTS, DERIVED, CATALOGUE, AUDIT, OUTCOME)
    return [*(builtin_rules_dir() / name for name in names), *vocabulary_sources()]


POLICY = Compiled("policy", Policy, _sources, lambda: read_policy(builtin_rules_dir()))
QUANTITIES = Compiled("derived", DerivedSet, _sources, lambda: read_derived((builtin_rules_dir(),)))
