"""The prescriptions of every rule in every framework, algorithm and state of the settings.

Each is evaluated as in a run: with low, usual and high settings and a log of everything, with the defaults
of the framework, and with nothing known. A violation is a prescription that a reader would see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from rldoctor.datafiles.canonical import canonical, framework_names
from rldoctor.datafiles.mechanisms import NEVER, Mechanism, Mechanisms, mechanisms
from rldoctor.engine.findings import Wanted, causes_of, fitting, template_fields, wanted_fixes
from rldoctor.engine.policy import DerivedSet, Policy
from rldoctor.engine.prepared_run import PreparedRun, prepare
from rldoctor.engine.prescribing import BY_THE_KL, Place, objection
from rldoctor.engine.scene import place
from rldoctor.model.algorithms import matches
from rldoctor.model.config import Knob, RunConfig
from rldoctor.model.finding import Cause, Prescription
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run, Wording
from rldoctor.model.series import Series
from rldoctor.plain_data import dataclass
from rldoctor.rulebook.schema import FixSpec, Rule
from rldoctor.vocabulary.knobs import spell
from rldoctor.vocabulary.tables import load_table

ALGORITHMS = ("ppo", "a2c", "trpo", "sac", "td3", "ddpg", "dqn", "crossq", "grpo", "ppo_tokens")
LEVELS = ("low", "usual", "high")
STATES = ("unknown", "default", *LEVELS)
_POINTS = 40


@dataclass(frozen=True, slots=True)
class Violation:
    """A prescription that a reader would be right to laugh at, and where it was seen first."""

    rule: str
    fix: str
    kind: str
    text: str
    at: str


@dataclass(frozen=True, slots=True)
class Checked:
    """How many lists of prescriptions were tried, and what was found; each fix and kind once."""

    tried: int
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """A rule on one run: what it wants done, whether it fires there, and which causes nothing decides."""

    rule: Rule
    wanted: tuple[Wanted, ...]
    fields: Mapping[str, str]
    fires: bool
    undecided: frozenset[str]


def check_prescriptions(rules: Sequence[Rule], policy: Policy, derived: DerivedSet) -> Checked:
    """Try every prescription everywhere."""
    static = [one for rule in rules for one in _about_rule(rule)]
    if any(one.kind == "unknown" for one in static):
        return Checked(0, tuple(static))
    found = {(one.rule, one.fix, one.kind): one for one in static}
    tried = 0
    for tested, spot, at in _everywhere(rules, policy, derived):
        tried += 1
        for one in _violations(tested, spot, at):
            found.setdefault((one.rule, one.fix, one.kind), one)
    return Checked(tried, tuple(found[key] for key in sorted(found)))


def _everywhere(
    rules: Sequence[Rule], policy: Policy, derived: DerivedSet
) -> Iterator[tuple[Tried, Place, str]]:
    known = mechanisms()
    for algorithm in ALGORITHMS:
        applying = [rule for rule in rules if _applies(rule, algorithm)]
        for state in STATES:
            for places in _places(algorithm, state, known):
                # Frameworks whose settings are the same share what the rules make of them.
                context = _context(places[0], state, policy, derived)
                tested = [_tried(rule, context) for rule in applying]
                for spot in places:
                    at = f"{spot.run.framework} {algorithm}, settings {state}"
                    yield from ((one, spot, at) for one in tested)


def _applies(rule: Rule, algorithm: str) -> bool:
    scope = rule.applies_to
    return matches(algorithm, scope.algorithms) and algorithm not in scope.except_algorithms


def _settings(framework: str, algorithm: str, state: str, known: Mechanisms) -> dict[str, float]:
    if state in LEVELS:
        level = LEVELS.index(state)
        return {
            name: three[level] for name, three in known.samples.items() if known.has_knob(name, algorithm)
        }
    defaults = load_table(framework).defaults.get(algorithm, {}) if state == "default" else {}
    return {name: float(value) for name, value in defaults.items()}


def _places(algorithm: str, state: str, known: Mechanisms) -> Iterator[list[Place]]:
    """Groups of frameworks that have the same settings."""
    names = framework_names()
    if state != "default":
        yield [_place(name, algorithm, state, known) for name in names]
        return
    for name in names:
        if load_table(name).defaults.get(algorithm):
            yield [_place(name, algorithm, state, known)]


def _place(framework: str, algorithm: str, state: str, known: Mechanisms) -> Place:
    config = _settings(framework, algorithm, state, known)
    plain = {name: Knob(name, value, name, value, "tried") for name, value in config.items()}
    wording = spell(plain, load_table(framework), algorithm, {})
    knobs = {name: _spelt(one, wording[name]) for name, one in plain.items() if name in wording}
    return Place(_run(framework, algorithm, knobs, wording), config, known)


def _spelt(knob: Knob, word: Wording) -> Knob:
    written = word.to_user(knob.number() or 0.0)
    return Knob(knob.name, knob.value, word.key, written, knob.source)


def _run(
    framework: str,
    algorithm: str,
    knobs: Mapping[str, Knob],
    wording: Mapping[str, Wording],
    series: Mapping[str, Series] | None = None,
) -> Run:
    return Run(
        id=framework,
        path=Path(framework),
        format="lint",
        framework=framework,
        algorithm=algorithm,
        metrics=MetricFrame(dict(series or {})),
        config=RunConfig(dict(knobs)),
        wording=wording,
    )


def _context(spot: Place, state: str, policy: Policy, derived: DerivedSet) -> PreparedRun:
    """A run with everything logged; with nothing, where nothing of its settings is known either."""
    steps = np.linspace(1e3, 1e6, _POINTS)
    wave = 1.0 + 0.01 * np.sin(np.arange(_POINTS))
    logged = [] if state == "unknown" else [n for n in canonical().units if not n.startswith("reference_")]
    levels = spot.known.levels
    series = {name: Series(name, steps, levels.get(name, 1.0) * wave, name) for name in logged}
    knobs = {name: Knob(name, value, name, value, "tried") for name, value in spot.config.items()}
    return prepare(_run("", spot.run.algorithm, knobs, {}, series), policy, derived)


def _tried(rule: Rule, context: PreparedRun) -> Tried:
    scene = place(rule, context)
    measures = scene.measures()
    causes = causes_of(scene, measures)
    fires = scene.holds(rule.when) and not any(scene.holds(one.when) for one in rule.unless)
    wanted = wanted_fixes(scene, causes)
    return Tried(rule, wanted, template_fields(scene, measures), fires, _undecided(rule, causes))


def _undecided(rule: Rule, causes: Sequence[Cause]) -> frozenset[str]:
    deciding = {spec.id for spec in rule.causes if spec.more_likely_if is not None}
    return frozenset(cause.id for cause in causes if cause.likely is None and cause.id in deciding)


def _about_rule(rule: Rule) -> Iterator[Violation]:
    """Mechanisms that are none, and numbers made of the setting itself that do not say which way they go."""
    for name, spec in rule.fixes.items():
        if spec.to is not None and spec.knob in spec.to.config and not spec.direction:
            text = f"'to' is made of config.{spec.knob}: say its direction (lower, raise, either)"
            yield Violation(rule.code, name, "no direction", text, "the rule")
        for one in spec.mechanism:
            if one not in mechanisms().named:
                yield Violation(rule.code, name, "unknown", f"there is no mechanism '{one}'", "the rule")


def _violations(tested: Tried, spot: Place, at: str) -> Iterator[Violation]:
    """What is wrong with prescriptions as they would be printed."""
    rule, keys = tested.rule, set[str]()
    made = fitting(tested.wanted, spot, tested.fields)
    for one in made:
        spec = rule.fixes[one.id]
        for kind, text in (*_number(spec, one, spot), *_absent(one, spot), *_speech(one, spot)):
            yield Violation(rule.code, one.id, kind, text, at)
        if one.key and one.to and one.key in keys:
            yield Violation(rule.code, one.id, "twice", f"{one.key} is set twice", at)
        keys.add(one.key)
        if one.cause in tested.undecided and one.sure:
            yield Violation(rule.code, one.id, "as a fact", f"nothing decides about {one.cause}", at)
    if tested.fires and rule.fixes and not made:
        yield Violation(rule.code, "-", "nothing", "no prescription is left", at)


def _number(spec: FixSpec, one: Prescription, spot: Place) -> Iterator[tuple[str, str]]:
    """A number that changes nothing, goes the wrong way or leaves a rest of the rollout."""
    if not (one.key and one.to):
        return
    if one.now == one.to:
        yield "no-op", f"{one.key} {one.now} -> {one.to}"
    same = one.knob == spec.knob and one.to_number is not None
    if same and one.to_number is not None and (text := objection(spec, one.to_number, spot)):
        yield "wrong way", text
    rollout = spot.config.get("rollout_batch")
    if one.knob == "batch_size" and rollout and one.to_number and rollout % one.to_number:
        yield "divisor", f"{one.to_number:g} does not divide {rollout:g}"


def _absent(one: Prescription, spot: Place) -> Iterator[tuple[str, str]]:
    """A key or setting that this framework or algorithm does not have."""
    run = spot.run
    if one.key and one.to and spot.spelled and one.knob not in run.wording:
        yield "foreign", f"{one.key} is no key of {run.framework}"
    if one.knob and not spot.known.has_knob(one.knob, run.algorithm):
        yield "foreign", f"{run.algorithm} has no {one.knob}"
    for mechanism in _behind(one.knob):
        support = mechanism.support(run.framework, run.algorithm)
        never = support is not None and support.state == NEVER
        meant = matches(run.algorithm, mechanism.algorithms) and not one.because.startswith(BY_THE_KL)
        if never and meant:
            yield "foreign", f"{one.knob}: {mechanism.name} is not there"


def _speech(one: Prescription, spot: Place) -> Iterator[tuple[str, str]]:
    """A text that speaks of what is not there, of what is so already, or of another algorithm."""
    framework, algorithm = spot.run.framework, spot.run.algorithm
    for mechanism, said in _spoken_of(one.text):
        if mechanism.absent(framework, algorithm):
            yield "foreign", f"'{said}': {mechanism.name} is not there"
        elif mechanism.present(framework, algorithm, spot.config) and one.knob not in mechanism.on:
            yield "already", f"'{said}': {mechanism.name} is so already"
    for other, meant in _algorithms_in(f"{one.text} {one.because}"):
        if algorithm not in meant:
            yield "foreign", f"speaks of {other}"


@lru_cache(maxsize=1000)
def _behind(knob: str) -> tuple[Mechanism, ...]:
    """The mechanisms that a setting switches on."""
    return tuple(one for one in mechanisms().named.values() if knob in one.on)


@lru_cache(maxsize=100_000)
def _spoken_of(text: str) -> tuple[tuple[Mechanism, str], ...]:
    """The mechanisms that a text speaks of, and with which words."""
    with_words = [one for one in mechanisms().named.values() if one.words]
    found = ((one, re.search("|".join(one.words), text)) for one in with_words)
    return tuple((one, said.group()) for one, said in found if said)


_NAMED = {
    "PPO": ("ppo", "ppo_recurrent", "ppo_lstm", "maskable_ppo"),
    "SAC": ("sac", "crossq", "tqc"),
    "TD3": ("td3", "ddpg"),
    "DQN": ("dqn", "qrdqn"),
}


@lru_cache(maxsize=100_000)
def _algorithms_in(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Algorithms that a text gives a setting for (``SAC: ...``)."""
    return tuple(
        (name, meant)
        for name, meant in _NAMED.items()
        if re.search(rf"\b{name}( and \w+)?:|for {name}\b", text)
    )
