"""Files that were made to do harm, each beside two runs that are as they should be."""

from __future__ import annotations

import json
import os
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np

from rldoctor.readers.tensorboard.crc import masked_crc

MIB = 1 << 20
Make = Callable[[Path], None]


def good_run(directory: Path, rows: int = 60) -> Path:
    """A table as Stable-Baselines3 writes it, of a return that rises."""
    directory.mkdir(parents=True, exist_ok=True)
    lines = ["time/total_timesteps,rollout/ep_rew_mean,train/loss"]
    lines += [f"{(row + 1) * 2048},{row * 2.5},{1 / (row + 1)}" for row in range(rows)]
    (directory / "progress.csv").write_text("\n".join(lines) + "\n")
    return directory


def zipped(path: Path, members: dict[str, bytes | int]) -> None:
    """An archive; a number stands for so many megabytes of one letter."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            with archive.open(name, "w", force_zip64=True) as stream:
                if isinstance(content, bytes):
                    stream.write(content)
                    continue
                for _ in range(content):
                    stream.write(b"x" * MIB)


def record(payload: bytes, length: int | None = None) -> bytes:
    """A record of an event file, whose header may claim another length."""
    head = (len(payload) if length is None else length).to_bytes(8, "little")
    crcs = [masked_crc(part).to_bytes(4, "little") for part in (head, payload)]
    return head + crcs[0] + payload + crcs[1]


def flipped(data: bytes, *places: int) -> bytes:
    """The bytes with some of them turned round."""
    made = bytearray(data)
    for place in places:
        made[place] ^= 0xFF
    return bytes(made)


def text(name: str, content: str) -> Make:
    """A file of text beside a good table."""

    def make(directory: Path) -> None:
        good_run(directory)
        (directory / name).write_text(content)

    return make


def bytes_(name: str, content: bytes) -> Make:
    """A log that is the only one of its run."""
    return lambda directory: (directory / name).write_bytes(content) and None


def _model(directory: Path, members: dict[str, bytes | int]) -> None:
    zipped(good_run(directory) / "model.zip", members)


def _broken_model(directory: Path) -> None:
    _model(directory, {"data": json.dumps({"gamma": 0.99, "x": list(range(1000))}).encode()})
    path = directory / "model.zip"
    path.write_bytes(flipped(path.read_bytes(), 60, 80))


def _many_members(directory: Path) -> None:
    with zipfile.ZipFile(good_run(directory) / "model.zip", "w") as archive:
        for number in range(60_000):
            archive.writestr(f"{number}", b"")


def _claimed_array(directory: Path) -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999,), }".ljust(117) + b"\n"
    array = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(80)
    zipped(good_run(directory) / "evaluations.npz", {"timesteps.npy": array, "results.npy": array})


def _fifo(name: str) -> Make:
    return lambda directory: os.mkfifo(good_run(directory) / name)


def _device(name: str) -> Make:
    return lambda directory: (good_run(directory) / name).symlink_to("/dev/zero")


def _sparse(directory: Path) -> None:
    with (directory / "progress.csv").open("wb") as stream:
        stream.write(b"step,reward\n1,2\n")
        stream.truncate(1 << 40)


ALIASES = "a0: &a0 []\n" + "".join(
    f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 24)
)
MERGES = "a0: &a0 {k: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}, *a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 24)
)
ESCAPED = "{" + ", ".join(f'"\\u006b{n}": 1' for n in range(20_000)) + "}"
DIGITS = "9" * 400

# Beside a good table: the run is diagnosed, with or without what the file would have given.
BESIDE: dict[str, Make] = {
    "corrupt model.zip": _broken_model,
    "zip of a 3 GB member": lambda d: _model(d, {"data": 3072}),
    "zip of a 300 MB version": lambda d: _model(
        d, {"data": b'{"gamma": 0.9}', "_stable_baselines3_version": 300}
    ),
    "zip of 60,000 members": _many_members,
    "npz of a 1 GB array": lambda d: zipped(good_run(d) / "evaluations.npz", {"timesteps.npy": 1024}),
    "npz that claims 800 GB": _claimed_array,
    "yaml timestamp": text("config.yaml", 'a: !!timestamp "now"\ngamma: 0.9\n'),
    "yaml int": text("config.yaml", 'a: !!int ""\n'),
    "yaml bool": text("config.yaml", 'a: !!bool "maybe"\n'),
    "yaml 400 digits": text("config.yaml", f"gamma: {DIGITS}\nn_steps: {DIGITS}\nseed: {DIGITS}\n"),
    "json 400 digits": text("config.json", f'{{"gamma": {DIGITS}, "n_envs": {DIGITS}}}'),
    "json 5,000 digits": text("config.json", '{"gamma": ' + "9" * 5000 + "}"),
    "yaml alias bomb": text("config.yaml", ALIASES),
    "yaml merge bomb": text("config.yaml", MERGES),
    "yaml nested": text("config.yaml", "a: " + "[" * 200_000),
    "yaml nested blocks": text("config.yaml", "- " * 200_000),
    "json nested": text("config.json", '{"a": ' + "[" * 900_000),
    "json escaped keys": text("config.json", ESCAPED),
    "json of lists": text("train_history.json", '{"a": [' + "[]," * (4 * MIB // 3) + "[]]}"),
    "FIFO train_history.json": _fifo("train_history.json"),
    "FIFO config.yaml": _fifo("config.yaml"),
    "FIFO output.log": _fifo("output.log"),
    "FIFO events": _fifo("events.out.tfevents.1"),
    "device config.yaml": _device("config.yaml"),
    "device events": _device("events.out.tfevents.1"),
    "link in a circle": lambda d: (good_run(d) / "params").symlink_to("params"),
}


def _wide(rows: int) -> bytes:
    return ",".join(f"c{n}" for n in range(20_000)).encode() + b"\n" + b"1,2\n" * rows


def _wide_trackio(directory: Path) -> None:
    with closing(sqlite3.connect(directory / "project.db")) as database, database:
        database.execute("CREATE TABLE metrics (timestamp TEXT, run_name TEXT, step INTEGER, metrics TEXT)")
        row = json.dumps({f"metric_{n}": n for n in range(200_000)})
        database.execute("INSERT INTO metrics VALUES ('', 'run', 1, ?)", (row,))


# The run has nothing else: it may be lost, and then that is said; the others are diagnosed.
ALONE: dict[str, Make] = {
    "device progress.csv": lambda d: (d / "progress.csv").symlink_to("/dev/zero"),
    "FIFO progress.csv": lambda d: os.mkfifo(d / "progress.csv"),
    "sparse progress.csv": _sparse,
    "csv of 2,000,000 columns": bytes_("progress.csv", b"a," * (2 * MIB) + b"\n" + b"1," * (2 * MIB)),
    "csv of short rows": bytes_("progress.csv", _wide(MIB)),
    "csv of blanks": bytes_("progress.csv", b"a,b\n" + b"1,\n" * (4 * MIB // 3)),
    "csv of quotes": bytes_("progress.csv", b'a,b\n1,"' + b'""\n' * MIB),
    "csv of one line": bytes_("progress.csv", b"step,reward" + b"x" * (4 * MIB)),
    "jsonl of empty objects": bytes_("metrics.jsonl", b'{"a": 1}\n' + b"{}\n" * (4 * MIB // 3)),
    "jsonl of broken lines": bytes_("metrics.jsonl", b'{"a": 1}\n' + b"{x\n" * (4 * MIB // 3)),
    "jsonl of nested objects": bytes_("metrics.jsonl", b'{"a": 1}\n' + (b'{"a":' * 5000 + b"\n") * 150),
    "jsonl of 400 digits": bytes_("metrics.jsonl", (f'{{"step": 1, "reward": {DIGITS}}}\n' * 5000).encode()),
    "events of a 1 GB record": bytes_(
        "events.out.tfevents.1", record(b"\x09" + bytes(8)) + record(bytes(99), 1 << 30) + bytes(4 * MIB)
    ),
    "wandb of noise": bytes_("run-x.wandb", b":W&B\xe1\xbe\x00" + b"\0\0\0\0\xff\x3f\x01" * (4 * MIB // 7)),
    "ClearML zip of 1 GB": lambda d: zipped(d / "offline-1.zip", {"task.json": b"{}", "metrics.jsonl": 1024}),
    "trackio of wide rows": _wide_trackio,
    "text of lines": bytes_("output.log", b"a: 1 b=2 | c: 3\n" * (4 * MIB // 16)),
    "text of one line": bytes_("output.log", b"loss: 1 " * (4 * MIB // 8)),
    "text of bars": bytes_("output.log", b"|" * (4 * MIB)),
}


def event(tag: bytes, step: int, value: float) -> bytes:
    """A serialised event with one scalar, step below 128."""
    inner = b"\x0a" + bytes([len(tag)]) + tag + b"\x15" + np.float32(value).tobytes()
    summary = b"\x0a" + bytes([len(inner)]) + inner
    return b"\x09" + bytes(8) + b"\x10" + bytes([step]) + b"\x2a" + bytes([len(summary)]) + summary


ALONE["events of 60,000 tags"] = bytes_(
    "events.out.tfevents.1", b"".join(record(event(b"tag%d" % n, 1, 1.0)) for n in range(60_000))
)
