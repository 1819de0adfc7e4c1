"""Tables that a restart, an editor, a spreadsheet or a kill has changed: the same numbers, or a note."""

import random
import warnings

import numpy as np
import pytest
from every import every

from rldoctor.errors import ReadError
from rldoctor.readers.discover import find_runs
from rldoctor.readers.tabular.big import big_columns
from rldoctor.readers.tabular.table import parse_table

NAMES = ["time/total_timesteps", "rollout/ep_rew_mean", "train/loss", "train/approx_kl"]
ROWS = [[2048 * i, 10.25 + i, 1000.5 / i, 0.0101 + i / 10_000] for i in range(1, 31)]
PLAIN = "\n".join([",".join(NAMES), *(",".join(map(str, row)) for row in ROWS)]) + "\n"


def values(raw):
    return {part.tag: part.values for part in raw.series}


def codes(raw):
    return {note.code for note in raw.notes}


def assert_plain(found):
    for name, column in zip(NAMES, zip(*ROWS, strict=True), strict=True):
        np.testing.assert_allclose(found[name], column, rtol=1e-4, err_msg=name)


def written(text, mark, decimal):
    """The table as a spreadsheet of another country saves it."""

    def cell(value):
        english = f"{value:,.4f}" if isinstance(value, float) else f"{value:,}"
        return english if decimal == "." else english.translate(str.maketrans(",.", ".,"))

    lines = [mark.join(NAMES), *(mark.join(f'"{cell(value)}"' for value in row) for row in ROWS)]
    return "\n".join(lines) + "\n"


DAMAGED = {
    "semicolons, decimal comma, points between thousands": (written(PLAIN, ";", ","), "decimal-comma"),
    "semicolons, commas between thousands": (written(PLAIN, ";", "."), None),
    "commas, quoted cells with commas between thousands": (written(PLAIN, ",", "."), None),
    "tabs, decimal comma": (written(PLAIN, "\t", ","), "decimal-comma"),
    "comments above the header": ("# seed 3\n# 2026-11-01, node 7\n" + PLAIN, "comment-lines"),
    "a comment in the middle": (PLAIN.replace("\n20480,", "\n# restart\n20480,"), "comment-lines"),
    "an unclosed quote": (PLAIN.replace("\n20480,", '\n20480,"'), "unclosed-quote"),
    "newest row first": (
        "\n".join([PLAIN.split("\n")[0], *PLAIN.split("\n")[:0:-1][1:]]) + "\n",
        "rows-sorted",
    ),
}


@every(("name", "case"), list(DAMAGED.items()), ids=list(DAMAGED))
def test_the_same_numbers(tmp_path, name, case):
    text, code = case
    (tmp_path / "progress.csv").write_text(text)
    (raw,) = find_runs(tmp_path)
    assert_plain(values(raw))
    assert code is None or code in codes(raw), name


def test_shuffled_rows_are_sorted_by_the_step_column(tmp_path):
    lines = PLAIN.splitlines()
    mixed = lines[1:]
    random.Random(1).shuffle(mixed)
    (tmp_path / "progress.csv").write_text("\n".join([lines[0], *mixed]) + "\n")
    (raw,) = find_runs(tmp_path)
    assert_plain(values(raw))


def test_lengths_of_episodes_are_no_order(tmp_path):
    rows = [(1, 300, 5.0), (2, 120, 7.0), (3, 250, 6.0), (4, 80, 9.0), (5, 400, 2.0), (6, 90, 3.0)]
    text = "episode,steps,reward\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows)
    (tmp_path / "log.csv").write_text(text)
    (raw,) = find_runs(tmp_path)
    assert values(raw)["reward"].tolist() == [row[2] for row in rows]
    # Without a counter beside them, uneven numbers stay where they are too.
    (tmp_path / "log.csv").write_text("steps,reward\n" + "".join(f"{b},{c}\n" for _, b, c in rows))
    assert values(find_runs(tmp_path).runs[0])["reward"].tolist() == [row[2] for row in rows]


def test_a_restart_with_another_header_is_read_by_it(tmp_path):
    """Under the old names the reward of the later rows would be the loss."""
    order = [3, 1, 0, 2]
    later = [",".join(NAMES[i] for i in order) + ",train/std"]
    later += [",".join(str(row[i]) for i in order) + ",0.5" for row in ROWS[15:]]
    text = "\n".join([*PLAIN.splitlines()[:16], *later]) + "\n"
    (tmp_path / "progress.csv").write_text(text)
    (raw,) = find_runs(tmp_path)
    found = values(raw)
    assert_plain(found)
    assert found["train/std"].tolist() == [0.5] * 15
    assert "header-changed" in codes(raw)
    assert "bad-cells" not in codes(raw)


def test_words_in_a_row_are_no_header(tmp_path):
    (tmp_path / "log.csv").write_text("step,state,loss\n1,train,0.5\n2,loss,0.25\n3,ERROR,diverged\n")
    (raw,) = find_runs(tmp_path)
    assert values(raw)["step"].tolist() == [1, 2, 3]


def test_a_numbered_file_that_goes_on_is_one_run(tmp_path):
    lines = PLAIN.splitlines(keepends=True)
    (tmp_path / "progress.csv").write_text("".join(lines[:16]))
    (tmp_path / "progress_1.csv").write_text(lines[0] + "".join(lines[16:]))
    (raw,) = find_runs(tmp_path)
    assert_plain(values(raw))
    assert "continued-file" in codes(raw)


def test_a_numbered_file_that_starts_anew_is_another_run(tmp_path):
    lines = PLAIN.splitlines(keepends=True)
    (tmp_path / "progress.csv").write_text("".join(lines[:16]))
    other = lines[0] + "".join(f"{row[0]},{-row[1]},{row[2] / 3},{row[3] / 3}\n" for row in ROWS[:20])
    (tmp_path / "progress_1.csv").write_text(other)
    found = {len(values(raw)["train/loss"]): raw for raw in find_runs(tmp_path)}
    assert sorted(found) == [15, 20]
    assert values(found[20])["rollout/ep_rew_mean"][0] == -11.25


def test_a_first_row_without_its_end_gives_no_wrong_number(tmp_path):
    whole = "step,reward,length\n100,3.5,12345\n"
    for cut in range(whole.index("\n") + 5, len(whole) - 1):
        (tmp_path / "log.csv").write_text(whole[:cut])
        try:
            (raw,) = find_runs(tmp_path / "log.csv")
        except ReadError:
            continue
        found = {tag: column.tolist() for tag, column in values(raw).items()}
        for tag, right in (("step", [100]), ("reward", [3.5]), ("length", [12345])):
            assert found.get(tag, []) in ([], right), (whole[:cut], found)


@pytest.mark.parametrize("damage", ["extra cell", "header", "quote", "comment"])
def test_a_table_above_ten_megabytes_says_the_same(damage):
    """Pandas reads those: it drops what is beyond the header, and warns on standard error."""
    count = 300_000
    lines = ["step,reward,loss", *(f"{i},{i / 7:.12f},{1 / (i + 1):.12f}" for i in range(count))]
    lines[1000] = {
        "extra cell": lines[1000] + ",9",
        "header": "step,loss,reward",
        "quote": lines[1000].replace(",", ',"', 1),
        "comment": "# restart",
    }[damage]
    text = "\n".join(lines) + "\n"
    assert len(text) > 10_000_000
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = parse_table(text, "log.csv")
    code = {"extra cell": "ragged-rows", "header": "header-changed", "quote": "unclosed-quote"}
    assert code.get(damage, "comment-lines") in {note.code for note in table.notes}
    rewards = next(part for part in table.columns if part.name == "reward")
    expected = 1 / count if damage == "header" else (count - 1) / 7
    assert rewards.values[-1] == pytest.approx(expected, rel=1e-6)


def test_pandas_still_reads_big_regular_tables():
    body = "1,2\n,3\n" * 10
    assert big_columns(["a", "b"], body, ",") is not None
