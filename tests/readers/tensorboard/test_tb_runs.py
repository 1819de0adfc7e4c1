"""Which files of a directory are one run, and which points of a resumed run count."""

import pytest
from tb_files import ramp
from tensorboard.compat.proto import event_pb2, summary_pb2

from rldoctor.readers.tensorboard import TensorBoardReader, read_event_file
from rldoctor.readers.tensorboard.effective import effective_series
from rldoctor.readers.tensorboard.extent import Extent, Relation, relate
from rldoctor.readers.tensorboard.runs import group_files

Summary, Event = summary_pb2.Summary, event_pb2.Event
HOUR = 3600.0


def read(path):
    reader = TensorBoardReader()
    return reader.read(path, reader.claims(path, sorted(entry.name for entry in path.iterdir())))


def codes(run):
    return {note.code for note in run.notes}


def steps(run, tag="a"):
    (series,) = [part for part in run.series if part.tag == tag]
    return series.steps.tolist()


def both(first, last, every=1000, wall=1.7e9, base=0.0):
    """Two tags, so that there is something to vote on."""
    return ramp("a", first, last, every, wall, base) + ramp("b", first, last, every, wall, base)


def test_resume_that_goes_on(write, tmp_path):
    write(both(1000, 9000))
    write(both(10_000, 20_000, wall=1.7e9 + HOUR))
    (run,) = read(tmp_path / "run")
    assert run.id == "run"
    assert steps(run) == list(range(1000, 20_001, 1000))
    assert codes(run) == {"resumed-run"}
    (note,) = run.notes
    assert "step 10000 after 9000 (2 of 2 series agree)" in note.text
    assert len(run.files) == 2


def test_resume_from_a_checkpoint_drops_the_abandoned_branch(write, tmp_path):
    write(both(1000, 9000))
    write(both(7000, 12_000, wall=1.7e9 + HOUR, base=0.5))
    (run,) = read(tmp_path / "run")
    assert steps(run) == list(range(1000, 12_001, 1000))
    (series,) = [part for part in run.series if part.tag == "a"]
    assert series.values.tolist() == [*range(1000, 7000, 1000), *(k + 0.5 for k in range(7000, 12_001, 1000))]
    (note,) = [note for note in run.notes if note.code == "orphaned-points"]
    assert note.text.startswith("6 points of 2 series")
    assert note.tags == ("a", "b")


def test_chronological_order_counts_not_names(write, tmp_path):
    later = write(both(10_000, 20_000, wall=1.7e9 + HOUR))
    write(both(1000, 9000))
    later.rename(later.with_name("events.out.tfevents.0.first.by.name"))
    (run,) = read(tmp_path / "run")
    assert steps(run) == list(range(1000, 20_001, 1000))


def test_separate_runs_in_one_directory(write, tmp_path):
    for k in range(3):
        write(both(1000, 9000 + 1000 * k, wall=1.7e9 + HOUR * k))
    runs = read(tmp_path / "run")
    assert [run.id for run in runs] == ["run#1", "run#2", "run#3"]
    assert [steps(run)[-1] for run in runs] == [9000, 10_000, 11_000]
    assert all(codes(run) == {"separate-runs"} for run in runs)
    assert "starts over: step 1000 after 9000" in runs[1].notes[0].text
    assert [len(run.files) for run in runs] == [1, 1, 1]


def test_aborted_start_then_a_full_run_with_another_interval(write, tmp_path):
    write(both(256, 1280, 256))
    write(both(2048, 200_704, 2048, wall=1.7e9 + HOUR))
    assert [steps(run)[-1] for run in read(tmp_path / "run")] == [1280, 200_704]


def test_resume_skips_the_aborted_restart_in_between(write, tmp_path):
    write(both(1000, 100_000))
    write(both(1000, 3000, wall=1.7e9 + HOUR))
    write(both(101_000, 150_000, wall=1.7e9 + 2 * HOUR))
    runs = read(tmp_path / "run")
    assert [(steps(run)[0], steps(run)[-1]) for run in runs] == [(1000, 150_000), (1000, 3000)]


def test_a_jump_far_ahead_is_another_run(write, tmp_path):
    write(both(1000, 5000))
    write(both(14_400_000, 14_420_000, wall=1.7e9 + HOUR))
    assert len(read(tmp_path / "run")) == 2


def test_single_points_continue(write, tmp_path):
    for k in range(3):
        write(both(50_000 * (k + 1), 50_000 * (k + 1), wall=1.7e9 + HOUR * k))
    (run,) = read(tmp_path / "run")
    assert steps(run) == [50_000, 100_000, 150_000]


def test_writers_side_by_side(write, tmp_path):
    write(ramp("train/loss", 0, 50_000))
    write(ramp("eval/return", 0, 50_000, 10_000, wall=1.7e9 + 5))
    (run,) = read(tmp_path / "run")
    assert run.tags() == {"train/loss", "eval/return"}
    assert codes(run) == {"parallel-writers"}


def test_two_processes_in_one_directory_stay_apart(write, tmp_path):
    write(both(0, 50_000))
    write(both(30_000, 90_000, wall=1.7e9 + 5))
    runs = read(tmp_path / "run")
    assert len(runs) == 2
    assert "at the same time with the same tags" in runs[1].notes[0].text


def test_other_tags_later_are_joined_with_a_warning(write, tmp_path):
    write(ramp("train/loss", 0, 50_000))
    write(ramp("final/return", 0, 0, wall=1.7e9 + HOUR))
    (run,) = read(tmp_path / "run")
    assert [note.level for note in run.notes if note.code == "joined-files"] == ["warning"]


def test_without_steps_nothing_is_merged(write, tmp_path):
    write([("a", k, None, 1.7e9 + k) for k in range(5)])
    write([("a", k, None, 1.7e9 + HOUR + k) for k in range(5)])
    runs = read(tmp_path / "run")
    assert [steps(run) for run in runs] == [[0.0] * 5] * 2
    assert "no steps were logged" in runs[1].notes[0].text


def test_purge_step_is_a_resume_and_voids_later_points_of_every_tag(write, tmp_path):
    write(both(1000, 9000) + ramp("only before", 1000, 9000))
    write(both(5000, 12_000, wall=1.7e9 + HOUR), purge_step=5000)
    (run,) = read(tmp_path / "run")
    assert steps(run) == list(range(1000, 12_001, 1000))
    assert steps(run, "only before") == [1000, 2000, 3000, 4000]
    assert any("declares a restart at step 5000" in note.text for note in run.notes)
    assert any(note.text.startswith("15 points of 3 series") for note in run.notes)


def test_purge_step_zero_is_a_new_run(write, tmp_path):
    write(both(1000, 9000))
    write(both(1000, 3000, wall=1.7e9 + HOUR), purge_step=0)
    assert [len(steps(run)) for run in read(tmp_path / "run")] == [9, 3]


def test_session_start_within_a_file(write_events):
    def scalar(step, value):
        return Event(
            wall_time=step + 1e9,
            step=step,
            summary=Summary(value=[Summary.Value(tag="a", simple_value=value)]),
        )

    start = Event(wall_time=2e9, step=6, session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START))
    path = write_events([*(scalar(k, 0) for k in range(10)), start, *(scalar(k, 1) for k in range(6, 9))])
    file = read_event_file(path)
    assert file.scalars["a"].steps.tolist() == [*range(10), 6, 7, 8]
    effective = effective_series([file])
    assert effective.series[0].steps.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert effective.orphans == {"a": 4}


def test_a_stop_watch_that_restarts_is_kept(write, tmp_path):
    write(both(1000, 9000) + ramp("clock", 0, 900, 10))
    write(both(10_000, 20_000, wall=1.7e9 + HOUR) + ramp("clock", 0, 500, 10, wall=1.7e9 + HOUR))
    (run,) = read(tmp_path / "run")
    assert steps(run, "clock") == [*range(0, 901, 10), *range(0, 501, 10)]
    assert [note.tags for note in run.notes if note.code == "series-restart"] == [("clock",)]


def test_steps_going_back_within_a_file_are_kept_and_noted(write, tmp_path):
    write(ramp("a", 0, 5000) + ramp("a", 2000, 4000))
    (run,) = read(tmp_path / "run")
    assert steps(run) == [*range(0, 5001, 1000), 2000, 3000, 4000]
    assert [note.tags for note in run.notes if note.code == "steps-go-back"] == [("a",)]


@pytest.mark.parametrize(
    ("before", "after", "relation"),
    [
        (Extent(0, 0, 0, 0), Extent(0, 0, 0, 0), Relation.UNKNOWN),
        (Extent(256, 256, 256, 0), Extent(256, 256, 256, 0), Relation.RESTARTS),
        (Extent(0, 0, 1000, 1), Extent(1001, 1001, 2000, 1), Relation.CONTINUES),
        (Extent(0, 0, 1000, 1), Extent(101, 101, 2000, 1), Relation.CONTINUES),
        (Extent(0, 0, 1000, 1), Extent(99, 99, 2000, 1), Relation.RESTARTS),
        (Extent(0, 0, 1000, 1), Extent(2001, 2001, 3000, 1), Relation.UNRELATED),
        (Extent(-2, -2, 1000, 1), Extent(-2, -2, 10, 1), Relation.RESTARTS),
    ],
)
def test_relation_of_two_stretches(before, after, relation):
    assert relate(before, after) is relation


def test_grouping_is_independent_of_the_order_given(write):
    paths = [
        write(both(1000, 9000)),
        write(both(10_000, 20_000, wall=1.7e9 + HOUR)),
        write(both(1000, 2000, wall=1.8e9)),
    ]
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        groups = group_files(read_event_file(paths[k]) for k in order)
        assert [[file.path for file in group.files] for group in groups] == [paths[:2], paths[2:]]
