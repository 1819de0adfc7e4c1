"""Faults of what is around a log: full disks, folders that are closed, two readers at once."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from laboratory.reliability.formats import HEALTHY, ROOT
from laboratory.reliability.nobody import as_nobody, possible
from rldoctor import cli
from rldoctor.commands.problems import EXIT_FAILED
from rldoctor.plain_data import dataclass
from rldoctor.readers.discover import find_runs

FORMATS = ("terminal", "html", "json", "junit", "markdown", "github", "agent", "jsonl", "parquet")
# Of which every report has something to say.
SICK = ROOT / "reference_runs" / "faulty" / "reward-exp-sharp" / "ppo-Reacher-v5-exp-0"
# Bytes that a file may have: less than any report.
_ROOM = 100
_OLD = "an old report"
_READERS, _TIMES = 2, 3


@dataclass(frozen=True, slots=True)
class Around:
    """``wrong``: what was not as it has to be; ``skipped``: why nothing was tried."""

    tried: int
    wrong: tuple[str, ...] = ()
    skipped: str = ""


def _formats() -> list[str]:
    return [name for name in FORMATS if name != "parquet" or find_spec("pyarrow")]


def _outputs(place: Callable[[str], Path]) -> list[str]:
    return [word for name in _formats() for word in ("-f", name, "-o", str(place(name)))]


def _analyze(*words: str) -> list[str]:
    return ["analyze", str(SICK), "--fail-on", "never", *words]


def _called(words: Sequence[str], before: Callable[[], None] | None = None, **environment: str) -> list[str]:
    """What is wrong with how a command ended that cannot have worked: it has to say so and exit with 2."""
    done = subprocess.run(
        [sys.executable, "-m", "rldoctor", *words],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=before,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )
    return list(_ended(done.returncode, done.stderr))


def _ended(code: int, said: str) -> Iterator[str]:
    if code != EXIT_FAILED:
        yield f"exit code {code}"
    if "Traceback" in said or "bug" in said or "error: " not in said:
        yield f"said: {said[-300:]}"


def _little_room() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (_ROOM, _ROOM))


def _old_reports(folder: Path) -> Callable[[str], Path]:
    for name in _formats():
        (folder / name).write_text(_OLD, encoding="utf-8")
    return lambda name: folder / name


def _replaced(folder: Path) -> Iterator[str]:
    """Old reports that are gone or changed, and what was left beside them."""
    yield from (f"{one.name} is new" for one in folder.iterdir() if one.name not in FORMATS)
    for name in _formats():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8", errors="replace") != _OLD:
            yield f"the old {name} is gone"


def full_disk(folder: Path) -> Around:
    """Every report on a disk without room."""
    wrong = _called(_analyze(*_outputs(_old_reports(folder))), _little_room, PYTHONDONTWRITEBYTECODE="1")
    return Around(len(_formats()), (*wrong, *_replaced(folder)))


def full_device(folder: Path) -> Around:
    """Every report to a device that takes nothing, and is one afterwards."""
    device = Path("/dev/full")
    if not device.is_char_device():
        return Around(0, skipped="no /dev/full here")
    for name in _formats():
        (folder / name).symlink_to(device)
    wrong = _called(_analyze(*_outputs(lambda name: folder / name)))
    return Around(len(_formats()), (*wrong, *([] if device.is_char_device() else ["it was replaced"])))


def pipe(folder: Path) -> Around:
    """A table that would have to stand where a pipe is."""
    os.mkfifo(folder / "runs.parquet")
    wrong = _called(_analyze("-f", "parquet", "-o", str(folder / "runs.parquet")))
    return Around(1, (*wrong, *([] if (folder / "runs.parquet").is_fifo() else ["it was replaced"])))


def no_room_to_wait(folder: Path) -> Around:
    """Results of many runs, which wait in a temporary file."""
    for number in range(4):
        shutil.copytree(HEALTHY, folder / f"run-{number}")
    words = ["analyze", str(folder), "-f", "jsonl", "--fail-on", "never"]
    return Around(1, tuple(_called(words, _little_room, PYTHONDONTWRITEBYTECODE="1")))


def closed_folder(folder: Path) -> Around:
    """Every report into a folder that may not be written."""
    words = _analyze(*_outputs(_old_reports(folder)))
    folder.chmod(0o555)
    # Here, so that all that is imported is there: the user without rights may not see the environment.
    with tempfile.TemporaryDirectory() as other:
        _quietly(_analyze(*_outputs(lambda name: Path(other) / name)))
    code, said = as_nobody(lambda: _quietly(words))
    return Around(len(_formats()), (*_ended(code, said), *_replaced(folder)))


def _quietly(words: Sequence[str]) -> tuple[int, str]:
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        code = cli.run(words)
    return code, said.getvalue()


def _repository(folder: Path) -> None:
    from aim import Run

    for number in range(3):
        run = Run(repo=str(folder), system_tracking_interval=None, capture_terminal_logs=False)
        for step in range(60):
            run.track(float(step * number), name="episode_return", step=step * 100)
        run.close()


_READ = (
    "import sys; from pathlib import Path; from laboratory.reliability.trial import numbers; "
    "from rldoctor.readers.discover import find_runs; "
    "print(sorted(numbers(find_runs(Path(sys.argv[1]))).items()))"
)


def two_readers(folder: Path) -> Around:
    """Two processes that read one Aim repository at a time: both read all, and change nothing."""
    _repository(folder)
    before = _digest(folder)
    command = [sys.executable, "-c", _READ, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    said = []
    for _ in range(_TIMES):
        readers = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
            for _ in range(_READERS)
        ]
        said += [one.communicate()[0] for one in readers]
    differ = [] if len(set(said)) == 1 and b"episode_return" in said[0] else ["they read different numbers"]
    changed = [] if _digest(folder) == before else ["the repository was changed"]
    return Around(_READERS * _TIMES, (*differ, *changed))


def aim_read_only(folder: Path) -> Around:
    """An Aim repository on a medium that cannot be written."""
    from laboratory.reliability.trial import numbers

    _repository(folder)
    truth = numbers(find_runs(folder))
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
    found = as_nobody(lambda: numbers(find_runs(folder)))
    return Around(1, () if found == truth else ("numbers are missing",))


def _digest(folder: Path) -> str:
    made = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        made.update(f"{path} {status.st_mode} {status.st_mtime_ns} {status.st_size}".encode())
        made.update(path.read_bytes() if path.is_file() else b"")
    return made.hexdigest()


SURROUNDINGS: Mapping[str, Callable[[Path], Around]] = {
    "reports on a full disk: exit 2, the old ones stay": full_disk,
    "reports to a full device: exit 2, it stays a device": full_device,
    "a table to a pipe: refused, it stays a pipe": pipe,
    "no room for the results of many runs: exit 2": no_room_to_wait,
    "reports into a folder that may not be written: exit 2, the old ones stay": closed_folder,
    "two readers of one Aim repository: both read all of it": two_readers,
    "an Aim repository on a medium that cannot be written: all is read": aim_read_only,
}
_OF_AIM = (two_readers, aim_read_only)
_OF_NOBODY = (closed_folder, aim_read_only)


def around(name: str) -> Around:
    """Try one."""
    work = SURROUNDINGS[name]
    if work in _OF_AIM and not find_spec("aim"):
        return Around(0, skipped="Aim is not installed")
    if work is pipe and not find_spec("pyarrow"):
        return Around(0, skipped="pyarrow is not installed")
    if work in _OF_NOBODY and not possible():
        return Around(0, skipped="a user without rights sees nothing of this checkout")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        return work(Path(folder))
