"""Which names exist outside a rule: canonical metrics and knobs, derived quantities, codes, run facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from rldoctor.audit.criteria_file import read_criteria
from rldoctor.datafiles.canonical import algorithms, framework_names, vocabulary_names
from rldoctor.datafiles.packs import POLICY, vocabularies
from rldoctor.datafiles.sheet import Names
from rldoctor.paths import builtin_rules_dir
from rldoctor.plain_data import dataclass
from rldoctor.rulebook.lists import catalogue, derived_files, facts_file
from rldoctor.rulebook.policy_file import policy_file

_FACTS = """
    steps transitions planned points improving solved learned rising return_trend return_start return_end
    return_best
    outcome_unknown outcome_early outcome_rising outcome_kept outcome_lost outcome_fell outcome_flat
    outcome_swinging outcome_solved outcome_probability outcome_size outcome_onset outcome_start outcome_end
    outcome_best outcome_best_step outcome_material outcome_on_task outcome_on_success outcome_disagrees
    outcome_part
    outcome_arrived outcome_short outcome_constant outcome_possible outcome_alone outcome_still
    return_noise episodes on_env_steps home_made config_apart on_policy off_policy value_based
    language_model tags unmapped ignored
    task_known task_goal_only random_return reference_return best_return reward_first reward_ratio
    reward_ratio_low reward_ratio_high reward_rescaled reward_outside reward_noisy
    reward_scattered reward_scatter idle_return idle_length idle_same idle_share
    terms terms_rows term_share term_growth term_level term_step terms_jumped term_jump term_jump_step
    terms_still terms_paid terms_charged idle_reached reached_share published_score published_steps
    published_seeds published_share
"""
RUN_FACTS = frozenset(_FACTS.split())
# ``run.assumed_x`` is 1 where a knob is a library's default that nothing in the log or beside it states.
ASSUMED = "assumed_"


@dataclass(frozen=True, slots=True)
class Known:
    """Names that rules may use; ``codes`` maps the codes of the catalogue, written or not, to their slugs.

    ``computed``: the facts that are in no ``facts.yaml``.
    """

    metrics: frozenset[str]
    knobs: frozenset[str]
    codes: Mapping[str, str] = field(default_factory=dict)
    facts: frozenset[str] = RUN_FACTS
    computed: frozenset[str] = RUN_FACTS
    frameworks: frozenset[str] = field(default_factory=lambda: frozenset(framework_names()))

    @property
    def names(self) -> Names:
        """As the checker of data files wants them."""
        return {
            "metric": self.metrics,
            "knob": self.knobs,
            "algorithm": algorithms(),
            "framework": self.frameworks,
        }


def known_names(directories: Iterable[Path]) -> Known:
    """The canonical names, and those that vocabularies, catalogues and derived quantities of the packs add.

    Raises:
        RuleError: one of these files is wrong.
    """
    packs = tuple(dict.fromkeys(directories))
    names = vocabulary_names(vocabularies(packs))
    derived = derived_files(packs, names)
    codes: dict[str, str] = {}
    added: set[str] = set()
    for pack in packs:
        codes |= catalogue(pack)
        added |= facts_file(pack).get("facts", {}).keys()
    assumed = frozenset(f"{ASSUMED}{knob}" for knob in names["knob"])
    computed = RUN_FACTS | _made(derived, "facts") | _judged(packs) | _audited() | assumed
    return Known(
        frozenset(names["metric"]) | _made(derived, "series"),
        frozenset(names["knob"]) | _made(derived, "knobs"),
        codes,
        computed | added,
        computed,
        frozenset(names["framework"]),
    )


def _audited() -> frozenset[str]:
    """The facts that the audit gives of each of its quantities (``rldoctor.audit.audit.facts``)."""
    forms = ("implied_{}", "implied_{}_low", "implied_{}_high", "contradicted_{}", "configured_{}")
    names = read_criteria(builtin_rules_dir()).quantities
    return frozenset(form.format(name) for name in names for form in forms)


def _made(derived: Sequence[Mapping[str, Any]], section: str) -> frozenset[str]:
    return frozenset(name for plain in derived for name in plain.get(section, ()))


def _judged(packs: tuple[Path, ...]) -> frozenset[str]:
    """The facts that the policy judges; only the built-in pack has one that counts."""
    builtin = builtin_rules_dir()
    if builtin not in packs or not (builtin / POLICY).is_file():
        return frozenset()
    return frozenset(policy_file(builtin)["outcome"]["facts"])
