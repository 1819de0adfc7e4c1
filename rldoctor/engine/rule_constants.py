"""What of a rule is the same for every run: thresholds as texts, the condition behind each measure."""

from __future__ import annotations

from collections.abc import Mapping

from rldoctor.language.parser import Expression
from rldoctor.language.plan import conditions_of
from rldoctor.model.numbers import number_text
from rldoctor.plain_data import dataclass
from rldoctor.rulebook.schema import Rule


@dataclass(frozen=True, slots=True)
class RuleConstants:
    """``rule`` is kept, as it is known by its identity. ``conditions``: of each measure, None for none."""

    rule: Rule
    thresholds: Mapping[str, str]
    conditions: Mapping[str, Expression | None]


# By identity: comparing two rules costs more than what is kept. Rules with changed thresholds are made anew
# for every run, so there is an end to it.
_KNOWN: dict[int, RuleConstants] = {}
_MOST = 1000


def constants(rule: Rule) -> RuleConstants:
    """The constants of a rule."""
    found = _KNOWN.get(id(rule))
    if found is None:
        if len(_KNOWN) >= _MOST:
            _KNOWN.clear()
        found = _KNOWN[id(rule)] = _made(rule)
    return found


def _made(rule: Rule) -> RuleConstants:
    behind: dict[str, frozenset[str]] = {}
    thresholds = {name: number_text(one.value) for name, one in rule.thresholds.items()}
    conditions = {name: condition_of(one.value, rule.let, behind) for name, one in rule.measure.items()}
    return RuleConstants(rule, thresholds, conditions)


def condition_of(
    expression: Expression,
    lets: Mapping[str, Expression],
    known: dict[str, frozenset[str]] | None = None,
) -> Expression | None:
    """The one ``where=`` condition behind an expression, ``let`` names followed; None for none or several.

    ``known`` keeps what was found behind each ``let``, for the next expression of the same rule.
    """
    # A measured value should say over which steps it was taken. That is read off its condition, where there
    # is exactly one: of two nothing can be said in one interval.
    found = _conditions(expression, lets, {} if known is None else known)
    if len(found) != 1:
        return None
    (plan,) = found
    return Expression(plan, kept=plan)


def _conditions(
    expression: Expression, lets: Mapping[str, Expression], known: dict[str, frozenset[str]]
) -> frozenset[str]:
    """The plans of the conditions."""
    # Most expressions have none, and a look at the text is cheaper than one at every part.
    plan = expression.plan
    found = frozenset(conditions_of(plan) if "where" in expression.text else ())
    for word in plan.split():
        if word in lets:
            # Once each, as lets may share parts; without it a diamond of lets is walked exponentially often,
            # and two that name each other for ever.
            if word not in known:
                known[word] = frozenset()
                known[word] = _conditions(lets[word], lets, known)
            found |= known[word]
    return found
