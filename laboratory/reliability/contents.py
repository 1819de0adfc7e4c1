"""Logs of good form with odd contents, by format: more metrics than anybody needs, and a clock that jumps."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from rldoctor.readers.tensorboard.crc import masked_crc

MANY = 10_000
# Rows of a table that have a number of each of them; in the others they are blank.
FILLED = 3
_HOUR, _YEAR = 3600.0, 365 * 86_400.0
Change = Callable[[Path], None]


def _jumped(place: int, time: float) -> float:
    """A clock that is set back an hour once, is at its beginning once, and then is a year ahead."""
    if place % 10 == 5:
        return 0.0
    return time - _HOUR if place % 10 < 5 else time + _YEAR


def _names() -> list[str]:
    return [f"more/metric_{number}" for number in range(MANY)]


def _record(payload: bytes) -> bytes:
    head = len(payload).to_bytes(8, "little")
    crcs = [masked_crc(part).to_bytes(4, "little") for part in (head, payload)]
    return head + crcs[0] + payload + crcs[1]


def _more_events(path: Path) -> None:
    from tensorboard.compat.proto import event_pb2

    with path.open("ab") as stream:
        for name in _names():
            event = event_pb2.Event(wall_time=1.7e9, step=1)
            event.summary.value.add(tag=name, simple_value=1.0)
            stream.write(_record(event.SerializeToString()))


def _events_clock(path: Path) -> None:
    from tensorboard.compat.proto import event_pb2

    made = []
    for place, payload in enumerate(_payloads(path.read_bytes())):
        event = event_pb2.Event.FromString(payload)
        event.wall_time = _jumped(place, event.wall_time)
        made.append(_record(event.SerializeToString()))
    path.write_bytes(b"".join(made))


def _payloads(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        end = at + 12 + int.from_bytes(data[at : at + 8], "little")
        yield data[at + 12 : end]
        at = end + 4


def _more_columns(path: Path) -> None:
    with path.open(newline="") as stream:
        header, *rows = csv.reader(stream)
    with path.open("w", newline="") as stream:
        more = [["0.5" if place < FILLED else ""] * MANY for place in range(len(rows))]
        wider = ([*row, *cells] for row, cells in zip(rows, more, strict=True))
        csv.writer(stream).writerows([[*header, *_names()], *wider])


def _wider(rows: list[dict[str, float]]) -> list[dict[str, float]]:
    more = dict.fromkeys(_names(), 0.5)
    return [row | more if place < FILLED else row for place, row in enumerate(rows)]


def _more_keys(path: Path) -> None:
    rows = _wider([json.loads(line) for line in path.read_text().splitlines()])
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _more_in_document(path: Path) -> None:
    document = json.loads(path.read_text())
    document["log_history"] = _wider(document["log_history"])
    path.write_text(json.dumps(document))


def _more_settings(path: Path) -> None:
    settings = json.loads(path.read_text()) | dict.fromkeys(_names(), 0.5)
    path.write_text(json.dumps(settings))


def _more_lines(path: Path) -> None:
    path.write_text(path.read_text() + "".join(f"{name}: 0.5\n" for name in _names()))


def _database(*statements: tuple[str, list[tuple[Any, ...]]]) -> Change:
    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as database, database:
            for text, rows in statements:
                database.executemany(text, rows)
            # As it was: no journal beside it.
            database.execute("PRAGMA journal_mode = DELETE")

    return change


def _more_in_mlflow(path: Path) -> None:
    text = (
        "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) "
        "SELECT ?, 0.5, 1, run_uuid, 0, 0 FROM metrics LIMIT 1"
    )
    _database((text, [(name,) for name in _names()]))(path)


def _more_in_trackio(path: Path) -> None:
    row = json.dumps(dict.fromkeys(_names(), 0.5))
    text = (
        "UPDATE metrics SET metrics = json_patch(metrics, ?) WHERE rowid = (SELECT max(rowid) FROM metrics)"
    )
    _database((text, [(row,)]))(path)


def _clock_of(text: str) -> Change:
    return _database((text, [(place,) for place in range(10)]))


def _more_files(path: Path) -> None:
    for name in _names():
        path.with_name(name.replace("/", "_")).write_text("1700000000000 0.5 0\n")


def _files_clock(path: Path) -> None:
    lines = [line.split(" ", 1) for line in path.read_text().splitlines()]
    made = (f"{_jumped(place, float(time)):.0f} {rest}\n" for place, (time, rest) in enumerate(lines))
    path.write_text("".join(made))


MORE_METRICS: Mapping[str, Change] = {
    "TensorBoard events": _more_events,
    "JSON lines": _more_keys,
    "JSON document": _more_in_document,
    "CSV": _more_columns,
    "MLflow database": _more_in_mlflow,
    "MLflow files": _more_files,
    "trackio database": _more_in_trackio,
    "config.yaml": _more_lines,
    "config.json": _more_settings,
}
# Where the clock is a column like the others, another clock is another number.
CLOCKS: Mapping[str, Change] = {
    "TensorBoard events": _events_clock,
    "MLflow database": _clock_of(
        "UPDATE metrics SET timestamp = timestamp * (rowid % 3) - 3600000 WHERE rowid % 10 = ?"
    ),
    "MLflow files": _files_clock,
    "trackio database": _clock_of(
        "UPDATE metrics SET timestamp = datetime(timestamp, '-1 hours') WHERE rowid % 20 = ?"
    ),
}
