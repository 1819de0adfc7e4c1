"""Texts with numbers in them."""

from __future__ import annotations

from every import every

from rldoctor.engine.wording import fill


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
