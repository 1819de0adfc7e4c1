"""A watch that runs for days: no look is kept, and a receiver that hangs costs nothing."""

from __future__ import annotations

import os
import socket
import time
import tracemalloc
from array import array
from pathlib import Path

import pytest
from watch_samples import HEALTHY, bundled

import rldoctor
from rldoctor.model.finding import Severity
from rldoctor.plain_data import replace
from rldoctor.watch.loop import Watch
from rldoctor.watch.memory import Event, Memory, NewsKind
from rldoctor.watch.pace import Pace
from rldoctor.watch.webhook import MAX_UNSENT, Webhook

LOOKS = 10_000
# What Python itself keeps here and there: caches that fill up, one string more.
ALLOWED = 50_000


class Silent:
    """A voice that counts what it is told."""

    def __init__(self) -> None:
        self.events = 0

    def news(self, events) -> None:
        self.events += len(events)

    def remark(self, text: str) -> None:
        pass

    def trouble(self, error: Exception) -> None:
        raise error


class EndError(Exception):
    """The fake clock has run out."""


@pytest.fixture(scope="module")
def diagnosis():
    return rldoctor.diagnose(rldoctor.load(HEALTHY)[0])


@bundled
def test_memory_is_flat_over_ten_thousand_looks(diagnosis, tmp_path: Path) -> None:
    log = tmp_path / "progress.csv"
    log.write_text("x")
    # Room for all of them at once, so that the measure itself does not grow.
    used, done = array("q", [0] * LOOKS), [0]

    def clock(_seconds: float) -> None:
        """In the place of sleep: time passes, the log grows."""
        used[done[0]] = tracemalloc.get_traced_memory()[0]
        done[0] += 1
        if done[0] == LOOKS:
            raise EndError
        os.utime(log, ns=(done[0], done[0]))

    voice = Silent()
    watch = Watch(str(log), lambda: [diagnosis], voice, memory=Memory(Severity.INFO), pace=Pace(60.0))
    tracemalloc.start()
    try:
        with pytest.raises(EndError):
            watch.run(clock)
    finally:
        tracemalloc.stop()
    assert used[-1] - used[LOOKS // 10] < ALLOWED
    # The first look told all there was; nothing is news again because it is looked at again.
    assert voice.events == sum(root.severity >= Severity.INFO for root in diagnosis.roots)


def event(diagnosis, number: int) -> Event:
    return Event(NewsKind.RESTARTED, diagnosis, since=float(number))


@bundled
def test_a_receiver_that_hangs_is_left_after_the_timeout_and_gets_all_later(diagnosis) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        hook = Webhook(f"http://127.0.0.1:{server.getsockname()[1]}/x", timeout=0.2)
        began = time.monotonic()
        said = [hook.send([event(diagnosis, number)]) for number in range(3)]
        assert time.monotonic() - began < 3
    assert all("timed out" in text and "tried again" in text for text in said)
    assert [message["details"] for message in hook.unsent] == [
        message["details"] for message in map(payload_of, (event(diagnosis, number) for number in range(3)))
    ]


def payload_of(one: Event):
    from rldoctor.watch.webhook import payload

    return payload(one)


@bundled
def test_what_a_dead_receiver_misses_is_bounded_and_what_is_dropped_is_said(diagnosis) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    hook = Webhook(f"http://127.0.0.1:{port}/x", timeout=0.2)
    events = [event(replace(diagnosis), number) for number in range(MAX_UNSENT + 5)]
    said = hook.send(events)
    assert len(hook.unsent) == MAX_UNSENT
    assert "5 older messages were dropped" in said
    assert "dropped" not in hook.send([])
