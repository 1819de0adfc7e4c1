"""Texts with numbers in them."""

from __future__ import annotations

from pathlib import Path

from every import every

from rldoctor.engine.wording import fill, prescription
from rldoctor.model.config import RunConfig
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run
from rldoctor.rulebook.schema import FixSpec


@every(
    ("template", "said"),
    [
        ("gamma looks {n} steps ahead", "gamma looks 1 step ahead"),
        ("every {n} gradient steps", "every 1 gradient step"),
        ("{n} minibatches", "1 minibatch"),
        ("{n} dimensions of 0.1 steps", "1 dimension of 0.1 steps"),
        ("from -1 steps to 21 steps, 1,1 steps", "from -1 steps to 21 steps, 1,1 steps"),
    ],
)
def test_one_of_a_thing_is_not_several(template, said) -> None:
    assert fill(template, {}, {"n": "1"}) == said


def test_a_part_of_a_fix_that_is_not_known_is_left_out_of_all_its_texts() -> None:
    run = Run("r", Path(), "test", "generic", "ppo", MetricFrame({}), RunConfig())
    part = "[ (gamma is {config_gamma})]"
    spec = FixSpec(
        "far", text=f"Look further{part}.", because=f"Near{part}.", expect=f"Far{part} in pi=[64, 64]."
    )
    known = prescription(spec, None, run, {"config_gamma": "0.9"})
    assert (known.text, known.because) == ("Look further (gamma is 0.9).", "Near (gamma is 0.9).")
    bare = prescription(spec, None, run, {})
    assert (bare.text, bare.because, bare.expect) == ("Look further.", "Near.", "Far in pi=[64, 64].")


def test_what_stands_in_brackets_is_told_as_far_as_it_is_known() -> None:
    text = "Q predicts {q} (best ever {best}; replayed {replay}): call f({best}, {replay})."
    assert fill(text, {}, {"q": "3", "best": "2"}) == "Q predicts 3 (best ever 2): call f(2, unknown)."
    assert fill("Large (KL {kl}).", {}, {}) == "Large."
    assert fill("Large (KL {kl}).", {}, {"kl": "5"}) == "Large (KL 5)."


def test_a_part_of_two_fields_needs_both() -> None:
    text = "Widen it[ from {now} to {wide}]."
    assert fill(text, {}, {"now": "0.1", "wide": "0.4"}) == "Widen it from 0.1 to 0.4."
    assert fill(text, {}, {"now": "0.1", "wide": "unknown"}) == "Widen it."
