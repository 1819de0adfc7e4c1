"""Advice that practitioners' notes got wrong is explained where it is met, and prescribed nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from every import every

from rldoctor.api import rules
from rldoctor.rulebook.pages import page_name
from rldoctor.rulebook.schema import FixSpec, Rule

DOCS = Path(__file__).parents[1] / "docs"


@dataclass(frozen=True)
class Row:
    """One row of the catalogue's list: where it is explained, and by which words."""

    codes: tuple[str, ...]
    on_page: str
    overview: str


NO_RULE: tuple[str, ...] = ()
ROWS = {
    "E1: retention 0.995 called too slow": Row(("OFF-06",), "same as a tau of 0.005", "is too slow"),
    "E2: retention set to 0.005": Row(("OFF-06",), "no target network left", "whole target network"),
    "E3: capacity without its unit": Row(("OFF-01",), "settle what the number counts", "Settle the unit"),
    "E4: warm-up per environment": Row(("OFF-02",), "Steps per environment say nothing", "against the batch"),
    "E5: a small negative Q": Row(("VAL-11",), "The sign of Q is no evidence", "Its sign is no evidence"),
    "E6: a printed 0.0000": Row(("REW-01",), "a printer that rounds", "Or a rounded print"),
    "E7: updates not mentioned": Row(("OFF-04",), "never used at all", "but the number of updates"),
    "E8: another learning rate": Row(("CFG-06",), "seldom why a run learns nothing", "lottery ticket"),
    "E9: one of four changes blamed": Row(NO_RULE, "", "which of the four"),
    "E10: a third of the spread": Row(NO_RULE, "", "897 +- 41 became 913 +- 26"),
    "E11: normalised advantages": Row(("POL-06",), "Normalisation makes them so", "what normalising does"),
    "E12: lower lambda": Row(("CFG-08",), "lowers the variance and adds bias", "raises bias"),
    "E13: KL limit lowered": Row(("POL-05",), "bite earlier still", "Both make it worse"),
    "E14: tiny reward, KL 2e-7": Row(("POL-01",), "even with a reward of zero", "it is the wiring"),
    "E15: centred rewards": Row(("REW-06",), "subtracting the mean changes it", "the mean may not"),
    "E16: value clip, Huber, max of means": Row(("VAL-06",), "max(mean, mean)", "Clip the value loss"),
    "E17: policy loss as success": Row(("POL-01",), "no measure of progress", "no success criterion"),
    "E18: absolute value loss": Row(("VAL-03", "VAL-05"), "separate networks and Adam", "squared units"),
    "E19: decline while frozen": Row(("OUT-04",), "stands still cannot get worse", "stands still cannot"),
    "E20: error judged very good": Row(("REW-03",), "an ordinary tracking error", "an ordinary error"),
    "E21: reward times ten": Row(("REW-03",), "Multiply the reward by 10", "A flat exponential stays flat"),
    "E22: entropy 39.5": Row(("ENT-01",), "a standard deviation of 0.99", "The word is *unchanged*"),
    "E23: TRPO without steps": Row(("POL-07",), "the step was rejected", "line search"),
    "E24: absolute Q": Row(("VAL-08", "VAL-07"), "gamma", "decides what is large"),
    "E25: alpha below 0.01": Row(("ENT-04",), "15,400 updates at 3e-4", "15,400 updates"),
    "E26: alpha taken for entropy": Row(("ENT-04",), "the price of entropy", "price in units of reward"),
    "E27: alpha of the optimiser": Row(("ENT-06",), "what the optimiser could reach", "2,500 updates"),
    "E28: seen about once": Row(("OFF-04",), "Capacity does not enter", "seen about once"),
    "E29: signs of log-probability and loss": Row(("ENT-07",), "goes by a sign", "No rule judges a sign"),
    "E30: formulas without brackets": Row(NO_RULE, "", "J(alpha) = E[-alpha (log pi + H_target)]"),
    "E31: bounds and the entropy": Row(("ENT-09",), "includes the action scale", "includes the action scale"),
    "E32: warm-up, both ways": Row(("OFF-02", "OFF-03"), "share of the", "Either can be true"),
}

# What must be prescribed nowhere: in no fix, cause, message or note of a threshold.
BANNED = {
    "raise vf_coef": r"(rais|increas)\w* (the )?(vf_coef|value (loss )?coef)",
    "a spread of normalised advantages": r"adv\w*[ _]std\w* (should|must|is not|!=)|std\w* other than 1",
    "reward times ten": r"(multipl|scal)\w* the reward (by|with) 10\b|reward\w* x ?10\b",
    "value clipping": r"(switch|turn)\w* value clipping on|(use|enable|try|add) (value clipping|clip_vloss)",
    "Huber": r"(use|try|switch to) (a |the )?huber",
    "lower lambda": r"(lower|reduc|decreas)\w* (the )?(gae[_ ])?lambda (to|from)",
    "lower the KL limit": r"(lower|reduc|decreas)\w* (the )?(target_kl|KL limit) (to|from|by)",
    "centred rewards": r"\b(subtract|cent(er|re)) (the )?(mean|reward)",
    "polyak 0.005": r"polyak\b[^.]{0,20}\b0\.005",
    "AMP": r"(switch|turn)\w* (amp|mixed precision) off",
    "absolute Q": r"\bQ (above|over|>) ?1,?000\b",
    "policy loss as a goal": r"policy[ _]loss (should|must) (be|rise|reach)",
}
ALLOWED = re.compile(r"not subtract|without subtract|often advised|sometimes advised", re.IGNORECASE)


def page(code: str) -> str:
    return (DOCS / "rules" / page_name(code)).read_text(encoding="utf-8")


def advice_section(code: str) -> str:
    return page(code).partition("## Advice you may have read\n")[2].partition("\n## ")[0]


def overview() -> str:
    return " ".join((DOCS / "wrong-advice.md").read_text(encoding="utf-8").split())


def test_no_row_is_missing() -> None:
    assert [int(name.partition(":")[0][1:]) for name in ROWS] == list(range(1, 33))


@every("name", ROWS)
def test_a_wrong_advice_is_explained(name: str) -> None:
    row = ROWS[name]
    assert row.overview in overview()
    for code in row.codes:
        assert row.on_page in advice_section(code), code
        assert f"[{code}](rules/{code}.md)" in overview()


def test_every_explained_advice_is_a_row() -> None:
    explained = {rule.code for rule in rules() if rule.wrong_advice}
    assert explained == {code for row in ROWS.values() for code in row.codes}


def test_links_of_the_overview_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", overview())
    links = [link if link.endswith(".md") else f"{link}.md" for link in links]
    assert len(links) > 30
    assert [link for link in links if not (DOCS / link).is_file()] == []


def advised(rule: Rule) -> Iterator[str]:
    """Every sentence a user may take for advice of ours; wrong advice is quoted nowhere else."""
    yield rule.message
    yield rule.expect
    yield from (one.note for one in rule.thresholds.values())
    yield from (cause.says for cause in rule.causes)
    for fix in rule.fixes.values():
        yield from (fix.text, fix.otherwise, fix.because, fix.expect, *fix.wordings.values())


@every("name", BANNED)
def test_nothing_prescribes_it(name: str) -> None:
    banned = re.compile(BANNED[name], re.IGNORECASE)
    found = [
        f"{rule.code}: {text}"
        for rule in rules()
        for text in advised(rule)
        if banned.search(text) and not ALLOWED.search(text)
    ]
    assert found == []


def fixes_of(knob: str) -> dict[tuple[str, str], FixSpec]:
    return {(rule.code, fix.id): fix for rule in rules() for fix in rule.fixes.values() if fix.knob == knob}


def test_knobs_that_notes_turn_the_wrong_way() -> None:
    # Only where the log shows that the term is missing, or a weight of nothing is written down.
    raised = {("VAL-12", "add-term"), ("CFG-12", "usual-weight")}
    assert set(fixes_of("vf_coef")) - raised == {("VAL-05", "lower-coefficient")}
    assert not fixes_of("clip_range_vf")
    assert not fixes_of("clip_value_loss")
    lowered = {name for name in fixes_of("gae_lambda") if "raise" not in name[1]}
    assert lowered == {("CFG-08", "lower-lambda")}, "only for lambda 1 with a critic that works"
    assert not {code for code, _ in fixes_of("reward_scale")} & {"REW-03"}


def test_a_banned_sentence_would_be_found() -> None:
    wrong = {
        "raise vf_coef": "Raise vf_coef to 2.",
        "a spread of normalised advantages": "adv_std should differ from 1",
        "reward times ten": "Multiply the reward by 10.",
        "value clipping": "Use value clipping.",
        "Huber": "Try Huber for the critic.",
        "lower lambda": "Lower lambda to 0.9.",
        "lower the KL limit": "Reduce target_kl to 0.003.",
        "centred rewards": "Subtract the mean of the rewards.",
        "polyak 0.005": "Set polyak to 0.005.",
        "AMP": "Switch AMP off.",
        "absolute Q": "Q above 1,000 has exploded.",
        "policy loss as a goal": "policy_loss should rise.",
    }
    assert set(wrong) == set(BANNED)
    assert [name for name, text in wrong.items() if not re.search(BANNED[name], text, re.IGNORECASE)] == []
