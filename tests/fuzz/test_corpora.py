"""What fuzzing reached once is gone through each time, also where there is no fuzzer."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpora import CORPORA, inputs
from every import every
from seeds import seeds
from targets import TARGETS, survives

from rldoctor.errors import ReadError
from rldoctor.readers import isolate

MOST = 400_000


@every("name", TARGETS)
def test_every_input_of_a_corpus_is_survived(name: str, tmp_path: Path) -> None:
    found = inputs(name)
    assert found
    for data in found:
        survives(name, data, tmp_path)


def test_every_target_has_what_it_begins_from_and_the_corpora_stay_small() -> None:
    assert seeds().keys() == TARGETS.keys()
    assert {path.stem for path in CORPORA.glob("*.zip")} <= set(TARGETS)
    assert sum(path.stat().st_size for path in CORPORA.glob("*.zip")) < MOST


def test_what_a_parser_raised_is_found_also_where_it_was_caught(tmp_path: Path, monkeypatch) -> None:
    def broken(*_: object) -> object:
        raise KeyError("x")

    monkeypatch.setattr("rldoctor.readers.sqlite.databases._name", broken)
    (data,) = seeds()["mlflow_cells"]
    with pytest.raises(AssertionError):
        survives("mlflow_cells", data, tmp_path)
    with pytest.raises(ReadError) as caught:
        TARGETS["mlflow_cells"].use(data, tmp_path)
    assert caught.value.errors[0].hint == isolate.REPORT
