"""Writing reports to files."""

import json
import os
import stat
import threading

import pytest

from rldoctor.errors import RldoctorError, UsageError
from rldoctor.report import FORMATS, render, write


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_writes_a_file_and_makes_its_folder(make, tmp_path, format):
    if format == "parquet":
        pytest.importorskip("pyarrow")
    target = tmp_path / "deep" / "er" / "report"
    write([make("sick"), make("hostile"), make("no_data")], format, target)
    assert target.stat().st_size > 200
    assert [path.name for path in target.parent.iterdir()] == ["report"]
    assert stat.S_IMODE(target.stat().st_mode) & 0o400


def test_dash_is_standard_output(make, capsys):
    write([make("healthy")], "json", "-")
    assert json.loads(capsys.readouterr().out)["runs"][0]["verdict"] == "healthy"


def test_unknown_format_lists_the_known_ones(make, tmp_path):
    with pytest.raises(UsageError, match="did you mean 'json'") as caught:
        write([make("healthy")], "jsom", tmp_path / "x")
    assert "markdown" in caught.value.hint


def test_a_failed_write_leaves_the_old_report_and_no_part(make, tmp_path, monkeypatch):
    target = tmp_path / "report.json"
    target.write_text("old")

    def full(self, other):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(RldoctorError, match=r"cannot write .*No space left"):
        write([make("sick")], "json", target)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_a_directory_as_target_is_an_error_with_a_next_step(make, tmp_path):
    with pytest.raises(RldoctorError, match="Is a directory") as caught:
        write([make("sick")], "json", tmp_path)
    assert "-o FILE" in caught.value.hint


def test_a_link_is_followed_and_a_pipe_is_written_in_place(make, tmp_path):
    real, link, pipe = tmp_path / "real.json", tmp_path / "link.json", tmp_path / "pipe"
    real.write_text("")
    link.symlink_to(real)
    write([make("healthy")], "json", link)
    assert link.is_symlink()
    assert real.read_text() == render([make("healthy")], "json")
    os.mkfifo(pipe)
    got = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    write([make("healthy")], "json", pipe)
    reader.join(5)
    assert got == [real.read_text()]
    assert pipe.is_fifo()
