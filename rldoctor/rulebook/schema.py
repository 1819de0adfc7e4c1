"""Typed form of a rule file. Loading and checking live in ``loader``, running in ``rldoctor.engine``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from rldoctor.errors import Problem
from rldoctor.language.parser import Expression
from rldoctor.model.finding import Severity
from rldoctor.model.measured import Measured
from rldoctor.plain_data import dataclass

# In a message, behind the name of an `each` block: the metrics that it is true of.
WHICH = "_metrics"


@dataclass(frozen=True, slots=True)
class Span:
    """A length of training: a ``share`` of the run (``8%``: 0.08), ``steps`` (``9 steps``) or ``points``."""

    kind: str
    amount: float


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number that decides a diagnosis: named, with unit, range (what an override may be) and a note."""

    name: str
    value: float
    unit: str = ""
    low: float = float("-inf")
    high: float = float("inf")
    note: str = ""


@dataclass(frozen=True, slots=True)
class AppliesTo:
    """Algorithms (``ppo``) or families (``on_policy``, ``off_policy``, ``any``) a rule is meant for."""

    algorithms: tuple[str, ...] = ("any",)
    except_algorithms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Guard:
    """A documented reason not to fire: when ``when`` is true the rule passes and says ``says``."""

    id: str
    when: Expression
    says: str


@dataclass(frozen=True, slots=True)
class BeyondDoubt:
    """A magnitude that no noise can produce: ``points`` rows are enough, at ``severity`` or above.

    Neither ``min_points``, ``ready``, guards nor caps hold such a finding back. ``says`` stands instead of
    the message, ``since`` instead of the rule's own.
    """

    when: Expression
    points: int = 2
    severity: Severity | None = None
    since: Expression | None = None
    says: str = ""


@dataclass(frozen=True, slots=True)
class MeasureSpec:
    """A number to report with the verdict; ``limit`` names the threshold it is held against."""

    name: str
    value: Expression
    unit: str = ""
    format: str = ".4g"
    limit: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class CauseSpec:
    """A possible cause; ``more_likely_if`` decides between causes, ``rejected_says`` explains a rejection.

    ``does``: where the cause is a setting, what that does (``stops the policy``), for the headline.
    ``blames``: which setting that is, the first that the run has, where the first fix sets none to a number.
    """

    id: str
    says: str
    more_likely_if: Expression | None = None
    rejected_says: str = ""
    fixes: tuple[str, ...] = ()
    does: str = ""
    blames: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FixSpec:
    """A prescription. ``to`` gives a number in the canonical unit; ``otherwise`` is the unquantified wording.

    ``text`` is a full-sentence template used instead of the generated "Set KEY to VALUE"; ``wordings``
    replaces it per framework. ``needs`` lists knobs (``config.x``) or metrics without which ``otherwise`` is
    used. Where ``only_if`` is false the fix is left out (unknown: it is offered). ``direction``: the way the
    knob must move (``lower``, ``raise``, ``either``). ``mechanism``: what must be there, and not be so
    already. ``algorithms``: the only ones it is for. ``like``: the shared prescription it is taken from.
    """

    id: str
    knob: str = ""
    to: Expression | None = None
    digits: int = 2
    needs: tuple[str, ...] = ()
    otherwise: str = ""
    text: str = ""
    wordings: Mapping[str, str] = field(default_factory=dict)
    because: str = ""
    expect: str = ""
    only_if: Expression | None = None
    direction: str = ""
    mechanism: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ()
    like: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """This rule's pathology leads to ``code``: strength ``H`` almost always, ``M`` often, ``L`` sometimes."""

    code: str
    strength: str = "M"
    says: str = ""
    when: Expression | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """Where the knowledge comes from."""

    title: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class WrongAdvice:
    """What is often advised about this pathology, and why that does not help."""

    read: str
    but: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One pathology. See ``docs/writing-rules.md`` for what each field means.

    ``unsure_title``: its ``failure_title`` where ``reduce`` lowers the level. ``status_stated``: the file
    gives a status of its own. ``measured``: its record on runs with known labels. ``each``: by block of
    ``each``, the ``let`` that tells of each metric whether it is one of those meant.
    """

    path: str
    code: str
    slug: str
    severity: Severity
    area: str
    title: str
    failure_title: str
    when: Expression
    message: str
    unsure_title: str = ""
    status: str = "experimental"
    status_stated: bool = False
    applies_to: AppliesTo = AppliesTo()
    requires: tuple[str, ...] = ()
    requires_one_of: tuple[tuple[str, ...], ...] = ()
    requires_config: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    min_points: int = 10
    thresholds: Mapping[str, Threshold] = field(default_factory=dict)
    let: Mapping[str, Expression] = field(default_factory=dict)
    since: Expression | None = None
    hold: Span | None = None
    bridge: Span | None = None
    ignore_first: Span | None = None
    ready: Expression | None = None
    not_ready_says: str = ""
    beyond_doubt: BeyondDoubt | None = None
    unless: tuple[Guard, ...] = ()
    cap_if_improving: Severity | None = None
    cap_if_solved: Severity | None = None
    escalate: tuple[tuple[Severity, Expression], ...] = ()
    reduce: tuple[tuple[Severity, Expression], ...] = ()
    measure: Mapping[str, MeasureSpec] = field(default_factory=dict)
    each: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    passed_message: str = ""
    leads_to: tuple[Edge, ...] = ()
    causes: tuple[CauseSpec, ...] = ()
    fixes: Mapping[str, FixSpec] = field(default_factory=dict)
    expect: str = ""
    expect_check: Expression | None = None
    false_positives: tuple[str, ...] = ()
    wrong_advice: tuple[WrongAdvice, ...] = ()
    references: tuple[Citation, ...] = ()
    overridden: tuple[str, ...] = ()
    measured: Measured | None = None


# What a fact without ``from`` sees: the outcome of the run on the steps of its return.
OUTCOME_NAMES = ("ret", "success", "length", "episodes_logged")


@dataclass(frozen=True, slots=True)
class PackFact:
    """A number about the whole run. ``inputs``: the metrics it is made of; none: the outcome of the run."""

    name: str
    value: Expression
    unit: str = ""
    says: str = ""
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PackFacts:
    """One ``facts.yaml``; an absent one is empty.

    ``let``: expressions that rules use by name, each evaluated on the rule's own grid.
    """

    thresholds: Mapping[str, Threshold] = field(default_factory=dict)
    let: Mapping[str, Expression] = field(default_factory=dict)
    facts: tuple[PackFact, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadedPack:
    """The rules of some packs by code, and for each draft the first text that is still to be written."""

    rules: tuple[Rule, ...]
    drafts: tuple[Problem, ...] = ()
