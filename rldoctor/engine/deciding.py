"""Why a rule did not fire: the comparisons that decided, with the numbers and limits they compared.

A number that is not known decides nothing: then there is no such reason, and the rule rejects nothing.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from rldoctor.engine.scene import Scene, as_mask
from rldoctor.language.parser import Expression, parse
from rldoctor.model.finding import Measure
from rldoctor.model.numbers import number_text, singular
from rldoctor.plain_data import dataclass

_ABOVE, _BELOW = (ast.Gt, ast.GtE), (ast.Lt, ast.LtE)
_WHOLE = ("any", "all")
_SETTING = "config."
# Metrics that are read off reference runs (envelope/overlay.py).
_LENT = "reference_"
# Units that say nothing to a reader.
_UNITLESS = {"", "1", "-", "coef", "fraction", "fraction 0..1", "various"}
# A reason names so many comparisons at most.
_MOST = 3


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A comparison that did not hold, or that did hold where its opposite was asked for."""

    node: ast.Compare
    held: bool


@dataclass(frozen=True, slots=True)
class _Said:
    """A number in words, and the limit that decided on it; a setting has none."""

    value: str
    side: str = ""
    limit: float = math.nan


def deciding(scene: Scene, measures: Mapping[str, Measure]) -> str:
    """The numbers that kept the condition from holding, each with where it would have; else empty."""
    leaves = _leaves(scene.rule.when.tree, scene, wanted=False)
    if not leaves:
        return ""
    if any(_beyond(leaf, scene) for leaf in leaves):
        return ""
    said = [_said(leaf, scene, measures) for leaf in leaves]
    # One that cannot be said leaves the reason open: half an `or` rejects nothing.
    if None in said or len(said) > _MOST:
        return ""
    return singular("; ".join(_together([one for one in said if one is not None])))


def _together(said: Sequence[_Said]) -> Iterator[str]:
    """A number that several limits decide about once: ``batch size 64 (not below 32, not above 8,192)``."""
    for value in dict.fromkeys(one.value for one in said):
        limits = [one for one in said if one.value == value and one.side]
        # Of two on one side the nearer says it all.
        nearest = {
            side: (max if "below" in side else min)(one.limit for one in limits if one.side == side)
            for side in dict.fromkeys(one.side for one in limits)
        }
        told = ", ".join(f"{side} {number_text(limit)}" for side, limit in nearest.items())
        yield f"{value} ({told})" if told else value


def is_outcome(expression: Expression) -> bool:
    """Whether a condition is nothing but what the run achieved, which its own words tell best."""
    node = expression.tree
    left = node.left if isinstance(node, ast.Compare) else None
    return isinstance(left, ast.Attribute) and left.attr.startswith("outcome_")


def _leaves(node: ast.expr, scene: Scene, *, wanted: bool) -> list[_Leaf] | None:
    """The comparisons that make ``node`` ``wanted``; None where none can be named."""
    if isinstance(node, ast.BoolOp):
        alone = isinstance(node.op, ast.And) is not wanted
        return _of_one(node, scene, wanted=wanted) if alone else _of_all(node, scene, wanted=wanted)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _leaves(node.operand, scene, wanted=not wanted)
    if isinstance(node, ast.Compare):
        return [_Leaf(node, wanted)] if len(node.ops) == 1 else None
    if isinstance(node, ast.Name) and node.id in scene.rule.let:
        return _leaves(scene.rule.let[node.id].tree, scene, wanted=wanted)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _WHOLE:
        return _leaves(node.args[0], scene, wanted=wanted) if len(node.args) == 1 else None
    return None


def _of_one(node: ast.BoolOp, scene: Scene, *, wanted: bool) -> list[_Leaf] | None:
    """One part decides: the first that is as wanted and can be named."""
    for part in node.values:
        if _truth(part, scene) is wanted:
            found = _leaves(part, scene, wanted=wanted)
            if found:
                return found
    return None


def _of_all(node: ast.BoolOp, scene: Scene, *, wanted: bool) -> list[_Leaf] | None:
    """Only all parts together decide."""
    found: list[_Leaf] = []
    for part in node.values:
        # What only good runs of the task could tell is no open half where there are none.
        if not wanted and _lacks_reference(part, scene):
            continue
        leaves = _leaves(part, scene, wanted=wanted) if _truth(part, scene) is wanted else None
        if not leaves:
            return None
        found += leaves
    return found or None


def _lacks_reference(node: ast.expr, scene: Scene) -> bool:
    """Whether a condition reads a metric of reference runs, ``let`` names followed, and there are none."""
    return any(
        name.startswith(_LENT) and not np.isfinite(np.asarray(scene.value(parse(name)))).any()
        for name in _names(node, scene, frozenset())
    )


def _names(node: ast.expr, scene: Scene, seen: frozenset[str]) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and one.id not in seen:
            yield one.id
            if one.id in scene.rule.let:
                yield from _names(scene.rule.let[one.id].tree, scene, seen | {one.id})


def _beyond(leaf: _Leaf, scene: Scene) -> bool:
    """Whether a number fails only the far end of a band: it is more of the same, which rejects nothing.

    ``kl < low and kl >= zero`` does not hold of a KL of 0, and saying so would deny that the KL is low.
    """
    left, operator = ast.unparse(leaf.node.left), leaf.node.ops[0]
    if leaf.held:
        return False
    opposite = _BELOW if isinstance(operator, _ABOVE) else _ABOVE
    return any(
        ast.unparse(one.left) == left and isinstance(one.ops[0], opposite) and _truth(one, scene)
        for one in _comparisons(scene.rule.when.tree, scene, frozenset())
    )


def _comparisons(node: ast.expr, scene: Scene, seen: frozenset[str]) -> Iterator[ast.Compare]:
    """Every comparison of a condition, ``let`` names followed."""
    for one in ast.walk(node):
        if isinstance(one, ast.Compare):
            yield one
        elif isinstance(one, ast.Name) and one.id in scene.rule.let and one.id not in seen:
            yield from _comparisons(scene.rule.let[one.id].tree, scene, seen | {one.id})


def _truth(node: ast.expr, scene: Scene) -> bool:
    return bool(np.any(as_mask(scene.value(_expression(node)))))


def _expression(node: ast.expr) -> Expression:
    return parse(ast.unparse(node))


def _said(leaf: _Leaf, scene: Scene, measures: Mapping[str, Measure]) -> _Said | None:
    """``median KL 0.012 nats`` and ``not above`` 0.05; None where a side is not known or has no name."""
    left, right, operator = leaf.node.left, leaf.node.comparators[0], leaf.node.ops[0]
    if not isinstance(operator, (*_ABOVE, *_BELOW)):
        return None
    above = isinstance(operator, _ABOVE)
    # The limit is the threshold: `0.05 < kl` says the same as `kl > 0.05`.
    if _is_limit(left, scene) and not _is_limit(right, scene):
        left, right, above = right, left, not above
    value, limit = _extreme(left, scene, largest=above), _extreme(right, scene, largest=not above)
    if isinstance(left, ast.Attribute) and ast.unparse(left).startswith(_SETTING):
        setting = _setting(left.attr, scene)
        return _Said(setting) if setting else None
    named = _named(left, scene, measures)
    if not named or not math.isfinite(value) or math.isnan(limit):
        return None
    holds = value > limit if above else value < limit
    if holds is not leaf.held:
        return None
    label, unit = named
    # Of many points it is the one that comes nearest to the limit; a number does not follow a number bare.
    if np.ndim(scene.value(_expression(left))):
        label += " at most" if above else " at least"
    label += ":" if label[-1].isdigit() else ""
    # A ratio needs no digits that set it apart from one.
    told = f"{value:.3g}" if unit == " x" else number_text(value)
    side = ("above" if above else "below") if leaf.held else ("not above" if above else "not below")
    return _Said(f"{label} {told}{unit}", side, limit)


def _is_limit(node: ast.expr, scene: Scene) -> bool:
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id in scene.rule.thresholds)


def _extreme(node: ast.expr, scene: Scene, *, largest: bool) -> float:
    """The value; of an array the one that comes nearest to making the comparison true."""
    array = np.asarray(scene.value(_expression(node)), dtype=np.float64)
    known = array[~np.isnan(array)] if array.ndim else array
    if known.size == 0:
        return math.nan
    return float(known.max() if largest else known.min())


def _named(node: ast.expr, scene: Scene, measures: Mapping[str, Measure]) -> tuple[str, str] | None:
    """What a value is called and its unit: as the measure that shows it, or as the metric it is."""
    text = ast.unparse(node)
    for name, spec in scene.rule.measure.items():
        same = ast.unparse(spec.value.tree) == text or name == text
        if same and spec.says:
            return spec.says, "" if spec.unit in spec.says else _unit(spec.unit)
    metric = scene.context.metrics.get(text)
    if metric is not None:
        label = text.replace("_", " ")
        return label, "" if metric.unit in label else _unit(metric.unit)
    return None


def _setting(name: str, scene: Scene) -> str:
    """``n_epochs = 10`` as it was configured, which says it without a limit; empty where it is not known."""
    knob = scene.context.run.config.get(name)
    return "" if knob is None or knob.value is None else f"{knob.key or name} = {knob.value}"


def _unit(text: str) -> str:
    return "" if text in _UNITLESS else f" {text}"
