"""Real logs: every file exactly as EventAccumulator reads it, every directory without an error."""

from pathlib import Path

import pytest

from rldoctor.readers.tensorboard import TensorBoardReader, read_event_file

CORPUS = Path(__file__).parents[3] / "../shared/corpus"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus beside the checkout ({CORPUS})"),
]


@pytest.fixture(scope="module")
def files() -> list[Path]:
    return sorted(CORPUS.rglob("*tfevents*"))


def test_same_points_as_event_accumulator(files):
    from test_tb_eventfile import accumulated, points

    small = [path for path in files if path.stat().st_size < 160_000]
    assert len(small) > 20
    for path in small:
        ours, peers = read_event_file(path).scalars, accumulated(path)
        assert ours.keys() == peers.keys(), path
        for tag, expected in peers.items():
            assert repr(points(ours[tag])) == repr(expected), (path, tag)


def test_every_directory_reads(files):
    reader = TensorBoardReader()
    for directory in sorted({path.parent for path in files}):
        names = reader.claims(directory, sorted(entry.name for entry in directory.iterdir()))
        runs = reader.read(directory, names)
        logged = sum(len(c) for name in names for c in read_event_file(directory / name).scalars.values())
        assert sum(part.steps.size for run in runs for part in run.series) == logged, directory


@pytest.mark.parametrize(
    ("directory", "count"),
    [
        ("Denys88__rl_games/cartpole_onnx", 5),
        ("hyojaekim03__warp-mujoco-domain-randomization/logs", 2),
        ("Shoro2__ac-share/PPO_0", 6),
        ("AP-IT-GH__jumper-Gh0stage/ppo", 1),
    ],
)
def test_several_files_in_one_directory(directory, count):
    path = CORPUS / directory
    reader = TensorBoardReader()
    runs = reader.read(path, reader.claims(path, sorted(entry.name for entry in path.iterdir())))
    assert len(runs) == count
