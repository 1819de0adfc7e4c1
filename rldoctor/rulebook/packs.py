"""What must hold between the rules of a pack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rldoctor.errors import Problem, did_you_mean
from rldoctor.rulebook.known import Known
from rldoctor.rulebook.schema import Rule
from rldoctor.yamlio import Tree


def check_pack(loaded: Sequence[tuple[Rule, Tree]], known: Known) -> list[Problem]:
    """Codes and slugs are unique and as in the catalogue; edges lead to codes that exist."""
    codes = {rule.code for rule, _ in loaded} | set(known.codes)
    problems = [*_repeated(loaded, "code"), *_repeated(loaded, "slug")]
    for rule, tree in loaded:
        problems += _catalogued(rule, tree, known)
        problems += _dangling(rule, tree, codes)
    return problems


def _repeated(loaded: Sequence[tuple[Rule, Tree]], key: str) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for rule, tree in loaded:
        value = getattr(rule, key)
        if value and value in first:
            yield tree.problem((key,), f"the {key} '{value}' is already that of {first[value]}")
        first.setdefault(value, rule.path)


def _catalogued(rule: Rule, tree: Tree, known: Known) -> Iterator[Problem]:
    slug = known.codes.get(rule.code)
    if slug and rule.slug and slug != rule.slug:
        yield tree.problem(("slug",), f"the catalogue calls {rule.code} '{slug}'")


def _dangling(rule: Rule, tree: Tree, codes: set[str]) -> Iterator[Problem]:
    for index, edge in enumerate(rule.leads_to):
        if edge.code and edge.code not in codes:
            guess = did_you_mean(edge.code, sorted(codes))
            yield tree.problem(("leads_to", index), f"no rule has the code '{edge.code}'{guess}")
        if edge.code and edge.code == rule.code:
            yield tree.problem(("leads_to", index), "a rule cannot lead to itself")
