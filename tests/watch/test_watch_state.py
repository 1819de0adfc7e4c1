"""``--state``: what an earlier watch told is not told again."""

import shutil

import pytest
from watch_samples import Training, bundled, diverged, heads, nothing

from rldoctor import cli

pytestmark = bundled


def test_a_watch_that_is_started_again_goes_on_where_it_was(tmp_path, scalars, watched):
    training, state = Training(tmp_path / "exp", scalars), str(tmp_path / "watch.json")
    _, out, _ = watched(training.folder, lambda: training.until(0.4), nothing, state=state)
    assert heads(out) == []
    training.until(0.5, diverged)  # while nobody watched
    _, out, _ = watched(training.folder, nothing, state=state)
    first = heads(out)
    assert first[0].startswith("exp NEW critical: NUM-01")
    _, out, _ = watched(training.folder, nothing, lambda: training.until(0.6, diverged), nothing, state=state)
    assert not set(first) & set(heads(out)), "told by the watch before"
    training.writer.close()
    shutil.rmtree(training.folder)
    Training(tmp_path / "exp", scalars).until(0.3)
    _, out, _ = watched(training.folder, nothing, state=state)
    assert "RESTARTED" in heads(out)[0]
    assert sorted(part.name for part in tmp_path.iterdir()) == ["exp", "watch.json"]


def test_single_looks_with_a_state_tell_only_what_is_new(tmp_path, scalars, capfd):
    training = Training(tmp_path / "exp", scalars)
    training.until(0.4)
    look = ["watch", str(training.folder), "--once", "--exit-on", "critical", "--state", "seen.json"]
    assert cli.run(look) == 0
    training.until(0.5, diverged)
    codes = [cli.run(look) for _ in range(3)]
    assert codes == [1, 1, 1], "the code says where the run stands, not what is new"
    assert capfd.readouterr().out.count("NEW critical: NUM-01") == 1


def test_a_state_that_cannot_be_written_never_ends_the_watch(tmp_path, scalars, watched):
    training, folder = Training(tmp_path / "exp", scalars), tmp_path / "states"
    folder.mkdir()
    code, out, err = watched(
        training.folder,
        lambda: shutil.rmtree(folder),
        training.fail,
        nothing,
        state=str(folder / "s.json"),
    )
    assert code == 130
    assert heads(out)
    assert err.count("warning: --state") == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "watch.json: "),
        ("[]", "is not a state"),
        ('{"schema": 2}', "is not a state"),
        ('{"schema": 1, "watched": "/elsewhere", "runs": {}, "unsent": []}', "is that of /elsewhere"),
        ('{"schema": 1, "watched": "HERE", "runs": {"a": {"told": 3}}, "unsent": []}', "is damaged"),
        ('{"schema": 1, "watched": "HERE", "runs": [], "unsent": []}', "is damaged"),
    ],
)
def test_a_file_that_is_no_state_of_this_watch_is_an_error(tmp_path, content, says, capsys):
    (tmp_path / "watch.json").write_text(content.replace("HERE", str(tmp_path / "exp")))
    assert cli.run(["watch", str(tmp_path / "exp"), "--once", "--state", "watch.json"]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(("state", "says"), [("exp/s.json", "lies in"), ("none/s.json", "does not exist")])
def test_a_state_is_never_written_into_the_run(tmp_path, state, says, capsys):
    (tmp_path / "exp").mkdir()
    assert cli.run(["watch", "exp", "--once", "--state", state]) == 2
    assert says in capsys.readouterr().err
    assert list((tmp_path / "exp").iterdir()) == []
