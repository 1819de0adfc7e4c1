"""JSON lines whose first line was cut or overwritten: read from what follows, or an error, never silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rldoctor.errors import ReadError
from rldoctor.readers.discover import find_runs

ROWS = [
    json.dumps({"training_iteration": i, "timesteps_total": 1000 * i, "episode_reward_mean": 1.5 * i,
                "config": {"lr": 0.001}})
    for i in range(1, 6)
]  # fmt: skip
TEXT = "\n".join(ROWS) + "\n"
NAMES = ("result.json", "progress.json", "metrics.jsonl", "seed_1.jsonl", "seed_1.ndjson")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_but_a_cut_line_is_a_failure_beside_a_run(name: str, tmp_path: Path) -> None:
    for folder, text in (("good", TEXT), ("bad", ROWS[0][:39])):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text)
    found = find_runs(tmp_path)
    assert len(found.runs) == 1
    (failure,) = found.failures
    assert f"{name}: no line is a JSON object; line 1 begins '{ROWS[0][:39]}' and is cut off" in failure.text
    with pytest.raises(ReadError, match="line 1 begins"):
        find_runs(tmp_path / "bad")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("front", ["", 'de_reward_mean": 1.5}'], ids=["cut", "its end"])
def test_what_follows_a_damaged_line_is_read_and_the_loss_is_told(
    name: str, front: str, tmp_path: Path
) -> None:
    first = front or ROWS[0][:39]
    (tmp_path / name).write_text("\n".join([first, *ROWS[1:]]) + "\n")
    (run,) = find_runs(tmp_path)
    (reward,) = [part for part in run.series if part.tag == "episode_reward_mean"]
    assert reward.values.tolist() == [3.0, 4.5, 6.0, 7.5]
    (note,) = [one for one in run.notes if one.code == "bad-lines"]
    assert note.lost
    assert note.text == f"{name}: 1 line is no JSON object, skipped (line 1)"
    if name == "result.json":
        assert ("lr", 0.001, "result.json:2") in [(one.key, one.value, one.source) for one in run.settings]


@pytest.mark.parametrize("name", ["result.json", "seed_1.jsonl"])
def test_random_bytes_are_a_failure(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(bytes(range(128, 256)) * 4 + b"\0\1\2")
    with pytest.raises(ReadError, match="binary file"):
        find_runs(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"accuracy": 0.5, "parts": [{"a": 1}]}, indent=1),
        '{"accuracy": 0.5,\n "parts": [\n  {"a": 1}\n ]}\n',
        json.dumps({"accuracy": 0.5, "parts": [{"a": 1}]}, indent=1)[:25],
        '["a", 1]\n["b", 2]\n',
        '"done"\n',
        "{}\n",
    ],
    ids=["indented", "open first line", "indented and cut", "lists", "a text", "empty object"],
)
def test_a_document_of_another_program_is_no_damaged_log(text: str, tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(text)
    with pytest.raises(ReadError, match="no training run found"):
        find_runs(tmp_path)
