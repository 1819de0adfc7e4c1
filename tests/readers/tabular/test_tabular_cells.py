"""Odd tables: what the text layer survives and says about it."""

import numpy as np
import pytest
from every import every

from rldoctor.errors import ReadError
from rldoctor.readers.tabular import TabularReader
from rldoctor.readers.tabular.big import big_columns
from rldoctor.readers.tabular.table import parse_table, read_table


def read_one(tmp_path, text, name="log.csv"):
    data = text if isinstance(text, bytes) else text.encode()
    (tmp_path / name).write_bytes(data)
    runs = TabularReader().read(tmp_path, [name])
    assert len(runs) == 1
    return runs[0]


def series(run, tag):
    (found,) = [part for part in run.series if part.tag == tag]
    return found


def codes(run):
    return {note.code for note in run.notes}


def test_blank_is_missing_and_nan_is_a_value(tmp_path):
    run = read_one(tmp_path, "step,loss,ev\n1,0.5,\n2,,nan\n3,0.25,-inf\n")
    assert series(run, "loss").steps.tolist() == [0.0, 2.0]
    assert series(run, "loss").values.tolist() == [0.5, 0.25]
    assert series(run, "ev").steps.tolist() == [1.0, 2.0]
    assert np.isnan(series(run, "ev").values[0])
    assert series(run, "ev").values[1] == -np.inf
    assert {part.axis for part in run.series} == {"row"}
    assert {part.source for part in run.series} == {"log.csv"}


def test_column_that_turns_to_text_half_way_keeps_its_numbers(tmp_path):
    rows = "".join(f"{i},{i / 10}\n" for i in range(6)) + "6,ERROR\n7,ERROR\n8,diverged\n"
    run = read_one(tmp_path, "step,loss\n" + rows)
    assert series(run, "loss").values.size == 6
    (note,) = [note for note in run.notes if note.code == "bad-cells"]
    assert "3 cells" in note.text
    assert note.tags == ("loss",)


@pytest.mark.parametrize(
    "cell", ["tensor(0.5)", "tensor(0.5, device='cuda:0')", "[0.5]", "np.float32(0.5)", "array([0.5])"]
)
def test_wrapped_numbers_are_unwrapped_and_noted(tmp_path, cell):
    run = read_one(tmp_path, f'step,loss\n1,"{cell}"\n2,0.25\n')
    assert series(run, "loss").values.tolist() == [0.5, 0.25]
    assert "coerced-cells" in codes(run)


def test_lists_are_no_metric(tmp_path):
    run = read_one(tmp_path, 'step,hist\n1,"[1.0]"\n2,"[1.0, 2.0]"\n')
    assert run.tags() == {"step"}
    assert "text-column" in codes(run)


@pytest.mark.parametrize("mark", [",", "\t", ";"])
def test_delimiters_and_names_with_commas(tmp_path, mark):
    name = "loss, mean (100; all)"
    run = read_one(tmp_path, f'step{mark}"{name}"{mark}cumulative reward\n1{mark}0.5{mark}3\n')
    assert run.tags() == {"step", name, "cumulative reward"}


def test_decimal_commas_and_thousands_by_what_the_table_shows(tmp_path):
    run = read_one(tmp_path, "step;loss\n1;0,5\n2;1,5\n")
    assert series(run, "loss").values.tolist() == [0.5, 1.5]
    assert "decimal-comma" in codes(run)
    (tmp_path / "b.csv").write_text('step,loss\n1,"1,234"\n2,3.5\n')
    (other,) = TabularReader().read(tmp_path, ["b.csv"])
    assert series(other, "loss").values.tolist() == [1234, 3.5]


def test_byte_order_mark_and_latin1(tmp_path):
    assert read_one(tmp_path, b"\xef\xbb\xbfstep,loss\n1,2\n").tags() == {"step", "loss"}
    run = read_one(tmp_path, "step,gr\xfc\xdfe\n1,2\n".encode("latin-1"), "latin.csv")
    assert run.tags() == {"step", "gr\xfc\xdfe"}
    assert "not-utf8" in codes(run)


def test_truncated_last_row_loses_only_its_cut_cell(tmp_path):
    run = read_one(tmp_path, "step,loss,ev\n1,0.5,0.1\n2,0.25,0.2\n3,0.12")
    assert series(run, "step").values.tolist() == [1, 2, 3]
    assert series(run, "loss").values.tolist() == [0.5, 0.25]
    assert "truncated-file" in codes(run)


def test_half_a_number_at_the_end_of_a_killed_run_is_no_point(tmp_path):
    """All cells are there, but 12 is what was written of 12345 (or 1e-0 of 1e-05)."""
    steps = "loss,step\n" + "".join(f"0.5,{step}\n" for step in range(12_000, 12_300, 50))
    run = read_one(tmp_path, steps + "0.4,12")
    assert series(run, "step").values.tolist() == list(range(12_000, 12_300, 50))
    assert series(run, "loss").values.tolist() == [0.5] * 6 + [0.4]
    assert "truncated-file" in codes(run)
    rates = "step,lr\n" + "".join(f"{step},1.0{step}e-05\n" for step in range(5))
    for cut in ("5,1.05e-0", "5,1.05e-", "5,1.0", "5,1"):
        assert series(read_one(tmp_path, rates + cut, f"lr{len(cut)}.csv"), "lr").values.size == 5


def test_a_whole_table_may_end_without_a_newline(tmp_path):
    text = "step,loss\n" + "\n".join(f"{step},0.{step}25" for step in range(1, 9))
    run = read_one(tmp_path, text)
    assert series(run, "loss").values.size == 8
    assert "truncated-file" not in codes(run)
    assert series(read_one(tmp_path, "step,loss\n1,10\n2,9", "short.csv"), "loss").values.tolist() == [10, 9]
    finished = read_one(tmp_path, text + "\n9,1\n", "newline.csv")
    assert series(finished, "loss").values[-1] == 1


def test_half_a_number_of_a_large_table_is_not_read_from_the_file(tmp_path):
    rows = "".join(f"{0.5 + i / 1e6:.6f},{100_000 + i}\n" for i in range(9_000))
    run = read_one(tmp_path, "loss,step\n" + rows + "0.400000,109")
    assert series(run, "step").values.size == 9_000
    assert series(run, "loss").values.size == 9_001


def test_long_short_and_repeated_header_rows(tmp_path):
    run = read_one(tmp_path, "step,loss\n1,0.5,9\n2\nstep,loss\n3,0.1\n")
    assert series(run, "step").values.tolist() == [1, 2, 3]
    assert series(run, "loss").steps.tolist() == [0, 2]
    assert {"ragged-rows", "header-repeated"} <= codes(run)


def test_header_only_and_nan_only(tmp_path):
    run = read_one(tmp_path, "step,loss\n")
    assert run.series == []
    assert "no-rows" in codes(run)
    run = read_one(tmp_path, "step,loss\n1,nan\n2,nan\n")
    assert np.isnan(series(run, "loss").values).all()
    assert "all-nan" in codes(run)


def test_double_and_empty_names(tmp_path):
    run = read_one(tmp_path, ",loss,loss\n0,1,2\n1,3,4\n")
    assert run.tags() == {"column_1", "loss", "loss#2"}
    assert "double-column" in codes(run)


def test_headerless_table(tmp_path):
    run = read_one(tmp_path, "1,0.5\n2,0.25\n")
    assert series(run, "column_2").values.tolist() == [0.5, 0.25]
    assert "no-header" in codes(run)


def test_constant_words_are_settings_but_not_identities(tmp_path):
    run = read_one(tmp_path, "step,algo,hostname,note\n1,ppo,box,a\n2,ppo,box,b\n")
    assert [(setting.key, setting.value) for setting in run.settings] == [("algo", "ppo")]
    (note,) = [note for note in run.notes if note.code == "text-column"]
    assert note.tags == ("hostname", "note")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"\x00\x01\x02PK\x03" * 100, "binary"),
        (b"name,host\na,b\n", "no column of numbers"),
    ],
)
def test_unreadable_files_say_why(tmp_path, data, says):
    (tmp_path / "log.csv").write_bytes(data)
    with pytest.raises(ReadError, match=says) as caught:
        TabularReader().read(tmp_path, ["log.csv"])
    assert caught.value.hint


def test_tail_of_zero_bytes_is_skipped(tmp_path):
    run = read_one(tmp_path, b"step,loss\n1,2\n" + b"\0" * 100)
    assert series(run, "loss").values.tolist() == [2.0]
    assert "zero-tail" in codes(run)


def test_all_ways_of_reading_agree(tmp_path):
    """numpy, csv and pandas give the same cells, blanks and written NaN told apart."""
    generator = np.random.default_rng(0)
    values = generator.normal(size=(6000, 3)).tolist()
    plain = "a,b,c\n" + "".join(",".join(map(repr, row)) + "\n" for row in values)
    table = parse_table(plain, "x.csv")  # above the numpy limit
    assert np.array_equal(np.stack([part.values for part in table.columns], axis=1), np.array(values))
    sparse = "".join(
        f"{i},{'' if i % 3 else repr(i / 7)},{'nan' if i % 5 == 0 else ''}\n" for i in range(500)
    )
    slow = parse_table("a,b,c\n" + sparse, "x.csv")
    fast = big_columns(["a", "b", "c"], sparse, ",")
    assert fast is not None
    assert fast[1] == slow.rows == 500
    for ours, theirs in zip(slow.columns, fast[0], strict=True):
        assert np.array_equal(ours.rows, theirs.rows)
        assert np.array_equal(ours.values, theirs.values, equal_nan=True)


def test_large_sparse_file_goes_through_pandas_unchanged(tmp_path, monkeypatch):
    monkeypatch.setattr("rldoctor.readers.tabular.table._BIG", 10_000)
    rows = 2_000
    lines = [f"{i},{i * 0.1!r},{'' if i % 2 else repr(i / 3)},,text" for i in range(rows)]
    path = tmp_path / "progress.csv"
    path.write_text("step,a,b,c,word\n" + "\n".join(lines) + "\n")
    table = read_table(path)
    assert table.rows == rows
    assert table.columns[2].rows.tolist() == list(range(0, rows, 2))
    assert table.columns[2].values[-1] == (rows - 2) / 3
    assert table.columns[3].values.size == 0
    assert table.columns[4].bad == rows


def test_carriage_returns_end_lines(tmp_path):
    run = read_one(tmp_path, "step,loss\r\n1,0.5\r\n2,0.25\r3,0.125\n")
    assert series(run, "loss").values.tolist() == [0.5, 0.25, 0.125]


@every("cut", range(3, 63, 5))
def test_any_prefix_of_a_file_gives_no_wrong_value(tmp_path, cut):
    text = "step,loss,ev\n" + "".join(f"{i},{i / 7:.4f},{i}\n" for i in range(5))
    (tmp_path / "log.csv").write_text(text[:cut])
    (run,) = TabularReader().read(tmp_path, ["log.csv"])
    whole = {f"{i / 7:.4f}" for i in range(5)}
    assert all(f"{value:.4f}" in whole for part in run.series if part.tag == "loss" for value in part.values)
