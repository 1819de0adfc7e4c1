"""Finished runs kept as data: one archive a task, the same bytes from the same runs."""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

LABELS, RANDOM = "labels", "random_returns.json"
SUFFIX = ".tar.xz"
# As `rldoctor.training.record` does: the host name and the process id of an event file say nothing.
_EVENT = re.compile(r"^(events\.out\.tfevents\.\d+)\..*$")
Files = dict[str, bytes]


def pack(out: Path, store: Path) -> str:
    """Put the finished runs of ``out`` into ``store``, one archive a task; returns a summary.

    What is in an archive already stays there, unless ``out`` has that run: it is replaced.
    """
    store.mkdir(parents=True, exist_ok=True)
    by_task: dict[str, list[str]] = defaultdict(list)
    for key, label in finished(out):
        by_task[label["task"]].append(key)
    for task, keys in sorted(by_task.items()):
        path = store / f"{task}{SUFFIX}"
        kept = read_archive(path) if path.exists() else {}
        files = {name: data for name, data in kept.items() if _key(name) not in keys}
        for key in keys:
            files.update(run_files(out, key))
        path.write_bytes(archive(files))
    _merge_random_returns(out / LABELS / RANDOM, store / RANDOM)
    return _summary(store)


def unpack(store: Path, out: Path, wanted: Callable[[Mapping[str, Any]], bool] = lambda label: True) -> str:
    """Write the runs of ``store`` whose label is ``wanted`` into ``out``, in the layout they were trained in.

    A run whose label is in ``out`` already is left alone.
    """
    (out / LABELS).mkdir(parents=True, exist_ok=True)
    count = 0
    for path in sorted(store.glob(f"*{SUFFIX}")):
        files = read_archive(path)
        for name in sorted(name for name in files if name.startswith(f"{LABELS}/")):
            if not (out / name).exists() and wanted(json.loads(files[name])):
                _write_run(files, name, out)
                count += 1
    if (store / RANDOM).exists():
        _merge_random_returns(store / RANDOM, out / LABELS / RANDOM)
    return f"{count} runs -> {out}"


def finished(out: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Key and label of every finished run, in the order of the keys."""
    for path in sorted((out / LABELS).glob("r????????.json")):
        yield path.stem, json.loads(path.read_text(encoding="utf-8"))


def run_files(out: Path, key: str) -> Files:
    """The label and the files of one run, by their name in the archive."""
    files = {f"{LABELS}/{key}.json": (out / LABELS / f"{key}.json").read_bytes()}
    for path in sorted((out / key).rglob("*")):
        if path.is_file():
            name = _EVENT.sub(r"\1.planted.0", path.name)
            files[path.with_name(name).relative_to(out).as_posix()] = path.read_bytes()
    return files


def archive(files: Mapping[str, bytes]) -> bytes:
    """A ``.tar.xz``: names in order, no times and no owners."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz", format=tarfile.USTAR_FORMAT, preset=9) as tar:
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            member.size = len(files[name])
            tar.addfile(member, io.BytesIO(files[name]))
    return buffer.getvalue()


def read_archive(path: Path) -> Files:
    """The files of an archive by name. ValueError for a name that would leave the folder."""
    files = {}
    with tarfile.open(path, mode="r:xz") as tar:
        for member in tar:
            parts = Path(member.name).parts
            if not member.isfile() or Path(member.name).is_absolute() or ".." in parts:
                raise ValueError(f"{path}: {member.name} is no plain file inside the archive")
            content = tar.extractfile(member)
            files[member.name] = content.read() if content else b""
    return files


def _write_run(files: Files, label: str, out: Path) -> None:
    """One run with its label, which is written last."""
    key = _key(label)
    for name in [*(name for name in files if name.startswith(f"{key}/")), label]:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(files[name])


def _key(name: str) -> str:
    """The run that a file of an archive belongs to."""
    first, _, rest = name.partition("/")
    return rest.removesuffix(".json") if first == LABELS else first


def _merge_random_returns(source: Path, target: Path) -> None:
    """Add the returns of random actions that ``source`` knows to those of ``target``."""
    known: dict[str, float] = {}
    for path in (target, source):
        known |= json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    target.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n", encoding="utf-8")


def _summary(store: Path) -> str:
    """Runs and size of every archive."""
    lines, runs, size = [], 0, 0
    for path in sorted(store.glob(f"*{SUFFIX}")):
        count = sum(name.startswith(f"{LABELS}/") for name in read_archive(path))
        bytes_ = path.stat().st_size
        each = f"{bytes_ / 1000:8.1f} kB {bytes_ / count / 1000:6.1f} kB a run"
        lines.append(f"{path.name:28} {count:4} runs {each}")
        runs, size = runs + count, size + bytes_
    lines.append(f"{runs} runs, {size / 1000:.0f} kB, {size / max(runs, 1) / 1000:.1f} kB a run")
    return "\n".join(lines)
