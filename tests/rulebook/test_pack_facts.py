"""``facts.yaml`` of a pack: shared thresholds and lets, facts of its own, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from every import every

from rldoctor.api import diagnose, policy, rules
from rldoctor.engine.policy import load_derived
from rldoctor.engine.prepared_run import prepare
from rldoctor.errors import RuleError
from rldoctor.model.config import RunConfig
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.paths import builtin_rules_dir
from rldoctor.rulebook.known import known_names
from rldoctor.rulebook.loader import load_pack
from rldoctor.rulebook.overrides import apply_overrides
from rldoctor.rulebook.pack_facts import PackFacts, check_facts, facts_of, shared_by

FACTS = """\
schema: 1
thresholds:
  small: {value: 0.5, unit: nats, range: [0, 1], note: why}
let:
  late: tail(small)
  level: median(entropy, where=late)
facts:
  kl_level: {unit: nats, says: level of KL, from: [approx_kl], value: median(approx_kl)}
  kl_share: {unit: "1", says: against the limit, value: run.kl_level / small}
  top: {unit: reward, says: best return, value: max(ret)}
"""
RULE = """\
schema: 1
code: TOY-01
slug: low
severity: warning
area: toy
title: High
failure_title: Low
requires: [entropy]
when: level < small and run.kl_share > 1 and run.top > 5
message: "Below {small}."
passed_message: Fine.
causes: [{id: a, says: A}]
fixes: {look: {text: Look., because: It is low.}}
expect: More.
false_positives: [A log in another unit.]
references: [{title: T}]
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "low.yaml").write_text(RULE)
    (tmp_path / "facts.yaml").write_text(FACTS)
    return tmp_path


def run(**values: float) -> Run:
    steps = np.arange(1.0, 31.0) * 1000
    series = {name: Series(name, steps, np.full(30, value), name) for name, value in values.items()}
    return Run(
        id="r",
        path=Path("r"),
        format="test",
        framework="generic",
        algorithm="",
        metrics=MetricFrame(series),
        config=RunConfig({}),
    )


def facts(pack: Path, **values: float) -> dict[str, float]:
    builtin = builtin_rules_dir()
    found = prepare(run(**values), policy([pack]), load_derived(builtin)).facts
    return {name: found[name] for name in ("kl_level", "kl_share", "top")}


def test_facts_are_made_in_order_from_metrics_facts_and_the_return(pack: Path) -> None:
    assert facts(pack, approx_kl=2.0, episode_return=7.0) == {"kl_level": 2.0, "kl_share": 4.0, "top": 7.0}


def test_a_fact_without_its_metrics_is_unknown(pack: Path) -> None:
    assert np.isnan(list(facts(pack, entropy=1.0).values())).all()
    assert facts(pack, approx_kl=2.0)["kl_share"] == 4.0


def test_a_rule_uses_what_its_pack_shares(pack: Path) -> None:
    values = {"entropy": 0.1, "approx_kl": 2.0, "episode_return": 7.0}
    found = diagnose(run(**values), rules_dirs=[pack], select=["TOY-01"])
    assert [one.finding.message for one in found.results if one.finding] == ["Below 0.5."]
    assert not diagnose(run(**values | {"episode_return": 3.0}), rules_dirs=[pack], select=["TOY-01"]).roots


def test_shared_thresholds_are_overridden_per_rule(pack: Path) -> None:
    (rule,) = load_pack([pack], tests=False)
    assert list(rule.let) == ["late", "level"]
    assert list(rule.thresholds) == ["small"]
    (changed,) = apply_overrides([rule], {"TOY-01": {"small": 0.05}})
    assert changed.thresholds["small"].value == 0.05


def test_what_a_rule_declares_is_meant_first(pack: Path) -> None:
    own = RULE.replace("when:", "let: {level: max(entropy), late: tail(small)}\nwhen:").replace(
        "level <", "level + median(entropy, where=late) <"
    )
    (pack / "toy" / "low.yaml").write_text(own)
    (rule,) = load_pack([pack], tests=False)
    assert str(rule.let["level"]) == "max(entropy)"


def test_a_pack_does_not_change_the_built_in_rules(pack: Path) -> None:
    text = (
        FACTS.replace("small:", "opening:")
        .replace("tail(small)", "tail(opening)")
        .replace("/ small", "/ opening")
    )
    (pack / "facts.yaml").write_text(text)
    (pack / "toy" / "low.yaml").write_text(RULE.replace("small", "opening"))
    found = {rule.code: rule for rule in rules([pack])}
    assert found["OUT-04"].thresholds["opening"].value == 0.1
    assert found["TOY-01"].thresholds["opening"].value == 0.5


@every(
    ("old", "new", "problem"),
    [
        ("max(ret)", "max(rett)", "12:5: unknown name 'rett'"),
        ("max(ret)", "run.kl_levle", "unknown run.kl_levle, or it stands further down"),
        ("run.kl_level / small", "run.top / small", "unknown run.top, or it stands further down"),
        ("max(ret)", "config.nothing", "unknown config.nothing"),
        (
            "[approx_kl], value: median(approx_kl)",
            "[approx_klo], value: median(approx_klo)",
            "unknown metric 'approx_klo'",
        ),
        ("  top:", "  gain:", "run.gain is defined already"),
        ("  top:", "  steps:", "run.steps is defined already"),
        ("  top:", "  updates:", "run.updates is defined already"),
        ("  top:", "  __top:", "'__top' is not a usable name"),
        ("  top:", "  median:", "'median' is not a usable name"),
        ("max(ret)", "ret.__class__", "only config.name and run.name have a dot"),
        ("max(ret)", "open('OWNED')", "is not part of the language"),
        ("max(ret)", "level", "unknown name 'level'"),
        ("unit: reward, ", "", "'unit' is missing"),
        ("facts:", "fact:", "unknown key 'fact' (did you mean 'facts'?)"),
        ("schema: 1", "schema: 2", "this program reads 'schema: 1'"),
        ("let:", "let: 3\nother:", "'let' must be a mapping"),
    ],
)
def test_problems_are_located(pack: Path, old: str, new: str, problem: str) -> None:
    assert FACTS.count(old) >= 1
    (pack / "facts.yaml").write_text(FACTS.replace(old, new, 1))
    with pytest.raises(RuleError) as caught:
        load_pack([pack], tests=False)
    told = [str(one) for one in caught.value.problems]
    assert any(problem.split(": ", 1)[-1] in text and "facts.yaml:" in text for text in told), told


def test_a_pack_cannot_make_every_run_slow(pack: Path) -> None:
    many = "".join(f"  f{i}: {{unit: x, says: y, value: trend_p(ret)}}\n" for i in range(201))
    (pack / "facts.yaml").write_text(FACTS + many)
    with pytest.raises(RuleError, match="more than 200 thresholds, lets or facts"):
        load_pack([pack], tests=False)


def test_a_copy_of_a_pack_may_stand_beside_it(tmp_path: Path, pack: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "facts.yaml").write_text(FACTS)
    (copy / "toy").mkdir()
    (copy / "toy" / "other.yaml").write_text(
        RULE.replace("TOY-01", "TOY-02").replace("slug: low", "slug: other")
    )
    (pack / "facts.yaml").write_text(FACTS)
    assert len(load_pack([copy], tests=False)) == 1


def test_a_broken_file_is_told_once_and_shares_nothing(pack: Path) -> None:
    (pack / "facts.yaml").write_text(FACTS.replace("schema: 1", "schema: 2"))
    (told,) = check_facts([pack], known_names([builtin_rules_dir()]))
    assert "this program reads 'schema: 1'" in str(told)
    assert shared_by([pack]) == PackFacts({}, {})


def test_nothing_is_shared_that_no_built_in_rule_uses() -> None:
    shared = shared_by([builtin_rules_dir()])
    found = load_pack([builtin_rules_dir()], tests=False)
    used = {name for one in facts_of(builtin_rules_dir()).facts for name in one.value.names}
    for rule in found:
        used |= {name for name, one in rule.thresholds.items() if one == shared.thresholds.get(name)}
        used |= {name for name, one in rule.let.items() if one == shared.let.get(name)}
    assert {*shared.thresholds, *shared.let} - used == set()
