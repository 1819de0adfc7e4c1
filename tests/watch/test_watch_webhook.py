"""The messages of the watch: each piece of news posted once, and no failure ends the watch."""

from pathlib import Path

import pytest
from watch_samples import Training, bundled, heads, nothing

pytestmark = bundled


def test_the_webhook_gets_every_piece_of_news_even_after_a_failure(tmp_path, scalars, watched, server):
    training = Training(tmp_path / "exp", scalars)
    server.refuse = 1
    url = f"http://127.0.0.1:{server.server_port}/secret-token"
    code, out, err = watched(training.folder, training.fail, nothing, nothing, webhook=url)
    assert code == 130
    assert err.count("answered 500") == 1
    assert "secret-token" not in err
    assert [message["content"] for _, message in server.got] == heads(out_as_heads(out))
    kind, first = server.got[0]
    assert kind == "application/json"
    assert (first["change"], first["verdict"], first["schema"]) == ("new", "critical", 1)
    assert (first["finding"]["code"], first["finding"]["severity"]) == ("NUM-01", "critical")
    assert first["finding"]["severity_before"] is None
    assert first["run"]["id"] == "exp"
    assert first["step"] == pytest.approx(0.5 * training.last, rel=0.1)


def out_as_heads(lines):
    """The printed headlines hold ``run NEW ...``, the messages ``run: NEW ...``."""
    marked = []
    for line in lines:
        for word in ("NEW ", "WORSE ", "GONE:"):
            line = line.replace(f" {word}", f": {word}", 1) if f" {word}" in line[17:60] else line
        marked.append(line)
    return marked


def test_a_dead_webhook_never_ends_the_watch(tmp_path, scalars, watched):
    training = Training(tmp_path / "exp", scalars)
    code, out, err = watched(
        training.folder,
        training.fail,
        nothing,
        webhook="http://127.0.0.1:9/nobody",
    )
    assert code == 130
    assert heads(out)
    assert err.count("warning: webhook at 127.0.0.1") == 1


def test_what_a_webhook_missed_is_sent_by_the_next_watch(tmp_path, scalars, watched, server):
    training, state = Training(tmp_path / "exp", scalars), str(tmp_path / "watch.json")
    training.fail()
    server.refuse = 1
    url = f"http://127.0.0.1:{server.server_port}/secret-token"
    watched(training.folder, webhook=url, state=state)
    assert server.got == []
    assert "secret-token" not in Path(state).read_text()
    _, out, _ = watched(training.folder, webhook=url, state=state)
    assert heads(out) == []
    assert server.got[0][1]["finding"]["code"] == "NUM-01"
