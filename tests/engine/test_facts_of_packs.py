"""Facts of ``facts.yaml`` in a run whose outcome nobody knows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rldoctor.api import policy
from rldoctor.engine.policy import load_derived
from rldoctor.engine.prepared_run import prepare
from rldoctor.model.config import Knob, RunConfig
from rldoctor.model.frame import MetricFrame
from rldoctor.model.run import Run
from rldoctor.model.series import Series
from rldoctor.paths import builtin_rules_dir

FACTS = """\
schema: 1
facts:
  pair: {unit: "1", says: twice the discount, value: 2 * config.gamma}
  peak: {unit: reward, says: best return, value: max(ret)}
  level: {unit: nats, says: entropy at the end, from: [entropy], value: last(entropy)}
"""


def test_what_needs_no_outcome_is_known_without_one(tmp_path: Path) -> None:
    (tmp_path / "facts.yaml").write_text(FACTS)
    steps = np.arange(1.0, 31.0)
    frame = MetricFrame({"entropy": Series("entropy", steps, np.full(30, 0.5), "entropy")})
    knobs = {"gamma": Knob("gamma", 0.5, "gamma", 0.5, "config.yaml:1")}
    run = Run("r", Path("r"), "test", "generic", "", frame, RunConfig(knobs))
    found = prepare(run, policy([tmp_path]), load_derived(builtin_rules_dir())).facts
    assert (found["pair"], found["level"]) == (1.0, 0.5)
    assert np.isnan(found["peak"])
