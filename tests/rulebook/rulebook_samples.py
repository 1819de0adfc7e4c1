"""A small valid rule with its tests, and a way to make variants of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rldoctor.rulebook.known import Known

RULE = """\
schema: 1
code: TST-01
slug: test-rule
severity: warning
area: policy
title: It moves
failure_title: It does not move
applies_to: {algorithms: [ppo, off_policy], except: [dqn]}
requires: [approx_kl]
requires_one_of: [[entropy, policy_std]]
requires_config: [gamma]
optional: [clip_fraction]
config: [learning_rate]
min_points: 12
thresholds:
  limit: {value: 0.01, unit: nats, range: [0, 1], note: why}
  share_limit: {value: 0.5, unit: "1", range: [0, 1], note: why}
let:
  level: median(abs(approx_kl))
  spread: coalesce(std(entropy), std(policy_std))
ready: count(approx_kl) > 5
not_ready_says: too little of {low}
when: approx_kl < limit and spread < 1 and clip_fraction < share_limit
since: approx_kl < limit
for: 8%
bridge: 3 points
ignore_first: 2000 steps
unless:
  - {id: learned, when: run.learned > 0, says: "it learned, {low}"}
cap_if_improving: warning
cap_if_solved: info
escalate: {error: low < limit / 10}
reduce: {info: config.gamma > 1}
measure:
  low: {value: "median(approx_kl, where=active)", unit: nats, format: .3f, limit: limit, says: the level}
  level: {value: level}
  slope: {value: slope(approx_kl)}
message: KL is {low} over {interval}, limit {limit}.
passed_message: KL is {low}.
leads_to: [TST-02, {code: TST-03, strength: H, says: because, if: low < limit}]
causes:
  - {id: rate, says: "R {low}.", more_likely_if: config.learning_rate < 1, rejected_says: No, fixes: [raise]}
  - {id: other, says: Something else.}
fixes:
  raise:
    knob: learning_rate
    to: config.learning_rate * 2
    digits: 1
    needs: [config.learning_rate, level]
    else: Raise it.
    in: {stable_baselines3: "Set {key} to {to} (now {now}, gamma {config_gamma})."}
    because: It is {low}.
    expect: More.
  check: {text: Look at it., because: It is worth it.}
expect: approx_kl rises.
false_positives: [A run that was stopped.]
wrong_advice:
  - {read: Wait longer., but: It does not move by itself.}
references: [{title: A paper, url: "https://example.org"}]
"""

TESTS = """\
rule: test-rule
every: 100
algorithm: ppo
cases:
  - {name: fires, series: {approx_kl: "0x50", entropy: 1}, config: {gamma: 1}, expect: {outcome: fired}}
  - {name: near, series: {approx_kl: "1x50", entropy: "1x50"}, expect: {outcome: passed}}
  - {name: absent, series: {entropy: "1x50"}, expect: {outcome: not_measured}}
"""

KNOWN = Known(
    metrics=frozenset({"approx_kl", "entropy", "policy_std", "clip_fraction", "value_loss"}),
    knobs=frozenset({"gamma", "learning_rate", "tau"}),
    codes={"TST-01": "test-rule", "TST-02": "second", "TST-03": "third"},
)


def replaced(text: str, *changes: tuple[str, str]) -> str:
    """``text`` with each change made; every change must apply, so that no test tests nothing."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


Write = Callable[..., Path]
Problems = Callable[..., list[str]]
