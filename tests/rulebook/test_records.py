"""The record of a rule on runs with known labels: where it comes from, whom it belongs to, how it reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rldoctor.model.measured import Measured
from rldoctor.paths import RECORDS, builtin_rules_dir, reference_runs
from rldoctor.rulebook.loader import load_rule
from rldoctor.rulebook.pages import rule_page
from rldoctor.rulebook.records import load_records, with_records

FROZEN = builtin_rules_dir() / "policy-update" / "policy-frozen.yaml"
RECORD = Measured("stable", 7, 8, 0, 27, 0.529, 0.978)


def rate(hits: int, of: int) -> dict[str, Any]:
    return {"hits": hits, "of": of, "runs": of, "share": hits / of if of else None, "low": 0.1, "high": 0.9}


def written(path: Path, **splits: tuple[int, int, int, int]) -> Path:
    parts = {
        name: {"recall": rate(found, of), "false_alarms": rate(alarms, healthy)}
        for name, (found, of, alarms, healthy) in splits.items()
    }
    rule = {"status": "tested", "first": rate(3, 4), "probability": 0.7, **parts}
    tree = {"schema": 1, "confidence": 0.9, "rules": {"POL-01": rule}}
    path.write_text(json.dumps(tree))
    return path


def test_the_figures_are_of_the_held_out_runs(tmp_path: Path) -> None:
    record = load_records(written(tmp_path / "a.json", all=(5, 6, 1, 20), hold=(2, 3, 0, 9)))["POL-01"]
    assert record == Measured("tested", 2, 3, 0, 9, 0.1, 0.9, 0.9, "hold", 3, 4, 0.7)
    assert record.recall == pytest.approx(2 / 3)


def test_without_a_held_out_run_of_the_fault_they_are_of_all(tmp_path: Path) -> None:
    record = load_records(written(tmp_path / "a.json", all=(2, 2, 1, 20), hold=(0, 0, 0, 9)))["POL-01"]
    assert (record.split, record.found, record.healthy) == ("all", 2, 20)


def test_without_any_run_of_the_fault_there_is_no_recall(tmp_path: Path) -> None:
    record = load_records(written(tmp_path / "a.json", all=(0, 0, 1, 20), hold=(0, 0, 0, 9)))["POL-01"]
    assert (record.split, record.recall, record.healthy) == ("hold", None, 9)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"rules": {"POL-01": {}}}', '{"rules": {"POL-01": {"status": "best"}}}', "3"],
)
def test_a_damaged_file_leaves_the_rules_without_a_record(tmp_path: Path, text: str) -> None:
    path = tmp_path / "validation.json"
    path.write_text(text)
    assert load_records(path) == {}


def test_the_file_is_found_in_a_wheel_and_in_a_checkout(tmp_path: Path) -> None:
    package = tmp_path / "site" / "rldoctor"
    wheel, checkout = package / "_reference_runs", tmp_path / "site" / "reference_runs"
    assert reference_runs(RECORDS, package) is None
    for place in (checkout, wheel):
        place.mkdir(parents=True)
        (place / "validation.json").touch()
        assert reference_runs(RECORDS, package) == place / RECORDS


def test_a_built_in_rule_has_its_record_and_the_measured_status() -> None:
    (rule,) = with_records([load_rule(FROZEN)], {"POL-01": RECORD}, builtin_rules_dir())
    assert (rule.measured, rule.status) == (RECORD, "stable")
    page = rule_page(rule)
    assert "| Status | stable |" in page
    assert "| Measured | on held-out runs: found in 7 of 8 (95 % CI 53-98 %), false alarms in 0 of 27" in page


def test_a_stated_status_stays(tmp_path: Path) -> None:
    pack = tmp_path / "policy-update"
    pack.mkdir()
    for source in FROZEN.parent.glob("policy-frozen*"):
        text = source.read_text(encoding="utf-8")
        given = text if ".test." in source.name else f"{text}\nstatus: experimental\n"
        (pack / source.name).write_text(given, encoding="utf-8")
    (rule,) = with_records([load_rule(pack / FROZEN.name)], {"POL-01": RECORD}, tmp_path)
    assert (rule.measured, rule.status) == (RECORD, "experimental")


def test_a_rule_of_another_pack_has_no_record_even_with_the_code_of_a_built_in_one(tmp_path: Path) -> None:
    (rule,) = with_records([load_rule(FROZEN)], {"POL-01": RECORD}, tmp_path)
    assert (rule.measured, rule.status) == (None, "experimental")
    assert "| Measured |" not in rule_page(rule)


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (RECORD, "on held-out runs: found in 7 of 8 (95 % CI 53-98 %), false alarms in 0 of 27 healthy ones"),
        (
            Measured("tested", 0, 0, 1, 27, split="all"),
            "on bundled runs: none with this fault where it could look, false alarms in 1 of 27 healthy ones",
        ),
        (
            Measured("tested", 2, 2, 0, 0, 0.34, 1.0, 0.9),
            "on held-out runs: found in 2 of 2 (90 % CI 34-100 %), no healthy one where it could look",
        ),
        (
            Measured("tested", 2, 2, 0, 3),
            "on held-out runs: found in 2 of 2, false alarms in 0 of 3 healthy ones",
        ),
    ],
)
def test_the_record_in_words(record: Measured, sentence: str) -> None:
    assert record.sentence == sentence
