"""``compare -f json`` satisfies its published schema, which names every field and no other."""

from __future__ import annotations

from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from every import every

import rldoctor
from rldoctor.model import comparison as model
from rldoctor.report.compare_json import document, json_schema

jsonschema = pytest.importorskip("jsonschema")
RUNS = Path(__file__).parents[2] / "reference_runs"
HEALTHY = RUNS / "healthy" / "ppo-Reacher-v5-exp-0"
SICK = RUNS / "faulty" / "reward-exp-sharp" / "ppo-Reacher-v5-exp-0"
NUMBERS = {"base_summary": (861.47, 52.73), "candidate_summary": (209.51, 23.0)}


def check(comparison: model.Comparison) -> dict[str, Any]:
    report = document(comparison)
    jsonschema.Draft202012Validator.check_schema(json_schema())
    jsonschema.validate(report, json_schema())
    return report


@pytest.mark.skipif(not HEALTHY.is_dir(), reason="no bundled reference runs beside the package")
def test_two_real_runs(tmp_path: Path) -> None:
    report = check(rldoctor.compare(HEALTHY, SICK))
    assert report["effect"]["metric"] == "episode_return"
    assert {"departures", "changes", "findings"} <= {name for name, value in report.items() if value}


@pytest.mark.skipif(not HEALTHY.is_dir(), reason="no bundled reference runs beside the package")
def test_groups_of_seeds() -> None:
    report = check(
        rldoctor.compare(RUNS / "healthy" / "ppo-Hopper-v5-[01]", HEALTHY.parent / "ppo-Hopper-v5-0")
    )
    assert [len(report[name]["runs"]) for name in ("base", "candidate")] == [2, 1]
    assert report["effect"]["method"] == "seeds"


def test_numbers_with_configurations(tmp_path: Path) -> None:
    for name, text in (
        ("base", "replay_size: 30000\nuse_amp: false\n"),
        ("new", "replay_size: 70000\nuse_amp: true\n"),
    ):
        (tmp_path / f"{name}.yaml").write_text(text)
    report = check(rldoctor.compare(tmp_path / "base.yaml", tmp_path / "new.yaml", **NUMBERS))
    assert report["base"]["summary"] == {"mean": 861.47, "std": 52.73}
    assert report["base"]["runs"][0]["verdict"] is None
    assert report["bisection"]


def test_nothing_in_common(tmp_path: Path) -> None:
    """No outcome in both arms: every field is there all the same."""
    for name, text in (("base", "a: 1\n"), ("new", "a: 1\n")):
        (tmp_path / f"{name}.yaml").write_text(text)
    report = check(rldoctor.compare(tmp_path / "base.yaml", tmp_path / "new.yaml"))
    assert (report["verdict"], report["effect"]) == ("unknown", None)


@every(
    ("definition", "kind"),
    [
        ("effect", model.Effect),
        ("level", model.RunLevel),
        ("departure", model.Departure),
        ("change", model.SettingChange),
        ("bisection", model.BisectionStep),
        ("finding", model.FindingChange),
        ("spread", model.SeedSpread),
        ("remark", model.Remark),
        ("twin", model.Twin),
        ("twin_value", model.TwinValue),
    ],
)
def test_the_schema_names_every_field(definition: str, kind: Any) -> None:
    named = json_schema()["$defs"][definition]
    assert set(named["properties"]) == set(named["required"]) == {one.name for one in fields(kind)}


def test_the_schema_refuses_what_is_wrong(tmp_path: Path) -> None:
    for name in ("base", "new"):
        (tmp_path / f"{name}.yaml").write_text("a: 1\n")
    report = document(rldoctor.compare(tmp_path / "base.yaml", tmp_path / "new.yaml", **NUMBERS))
    wrong = [
        {**report, "verdict": "worse"},
        {**report, "effect": {"metric": "x"}},
        {**report, "kind": "report"},
    ]
    wrong.append({name: value for name, value in report.items() if name != "changes"})
    for one in wrong:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(one, json_schema())
    assert all(first != second for first, second in pairwise(wrong))
