"""Ways of reading scalars from event files, each run in a fresh process.

The seconds printed here do not count imports (``bench_load.py`` counts the whole process, so nothing that
only one method needs is imported above). Each method ends with every series in memory (as arrays, lists or a
frame: whatever it naturally gives) and returns how many scalars it read.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Method = Callable[[Path], int]
_SERVER_PEAK: list[float] = []


def event_files(directory: Path) -> list[Path]:
    """Every event file below a directory, in order."""
    return sorted(directory.rglob("*tfevents*"))


def decoder() -> Method:
    """This project's decoder."""
    from rldoctor.readers.tensorboard import read_scalars

    def read(directory: Path) -> int:
        keep = [read_scalars(path) for path in event_files(directory)]
        return sum(len(columns) for file in keep for columns in file.values())

    return read


def whole() -> Method:
    """Everything ``load`` does: runs found, decoded, and named in canonical metrics and units."""
    import rldoctor

    def read(directory: Path) -> int:
        runs = rldoctor.load(directory)
        frames = [run.metrics for run in runs]
        return sum(
            one.steps.size
            for frame in frames
            for one in (*frame.series.values(), *frame.alternates, *frame.unmapped)
        )

    return read


def event_accumulator() -> Method:
    """TensorBoard's EventAccumulator, keeping every scalar."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    def read(directory: Path) -> int:
        keep = []
        for path in event_files(directory):
            keep.append(EventAccumulator(str(path), size_guidance={"scalars": 0}))
            keep[-1].Reload()
        return sum(len(peer.Scalars(tag)) for peer in keep for tag in peer.Tags()["scalars"])

    return read


def tbparse() -> Method:
    """tbparse to a pandas frame."""
    from tbparse import SummaryReader

    def read(directory: Path) -> int:
        return len(SummaryReader(str(directory), event_types={"scalars"}, extra_columns={"dir_name"}).scalars)

    return read


def data_server() -> Method:
    """TensorBoard's Rust data server, from its start to the last answer over gRPC."""
    import subprocess
    import tempfile

    import tensorboard_data_server
    from tensorboard.context import RequestContext
    from tensorboard.data import grpc_provider, server_ingester
    from tensorboard.util.grpc_util import ChannelCredsType

    def read(directory: Path) -> int:
        last_walls = json.loads((directory / "last_walls.json").read_text())
        with tempfile.TemporaryDirectory() as scratch:
            port_file = Path(scratch, "port")
            server = subprocess.Popen(
                [
                    tensorboard_data_server.server_binary(),
                    f"--logdir={directory}",
                    "--reload=once",
                    "--samples-per-plugin=scalars=all",
                    "--port=0",
                    f"--port-file={port_file}",
                    "--die-after-stdin",
                ],
                stdin=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            while not (port_file.exists() and port_file.read_text().endswith("\n")):
                time.sleep(0.002)
            address = f"localhost:{int(port_file.read_text())}"
            stub = server_ingester._make_stub(address, ChannelCredsType.LOCAL)
            provider: Any = grpc_provider.GrpcDataProvider(address, stub)
            asked = {"experiment_id": "", "plugin_name": "scalars"}
            _wait(lambda: provider.list_scalars(RequestContext(), **asked), last_walls)
            runs = provider.read_scalars(RequestContext(), downsample=2**31 - 1, **asked)
            _SERVER_PEAK.append(peak_megabytes(server.pid))
            server.kill()
            server.wait()
        return sum(len(series) for tags in runs.values() for series in tags.values())

    return read


def _wait(listed: Callable[[], Any], last_walls: list[float]) -> None:
    """Ask until every series is there to its last point: the server has no signal for it."""
    while True:
        if sorted(part.max_wall_time for tags in listed().values() for part in tags.values()) == last_walls:
            return
        time.sleep(0.01)


def peak_megabytes(pid: int | str = "self") -> float:
    """Peak resident memory of a process. Not ``ru_maxrss``: that also counts the parent before ``exec``."""
    status = Path(f"/proc/{pid}/status").read_text().split()
    return float(status[status.index("VmHWM:") + 1]) / 1024


METHODS: dict[str, tuple[Callable[[], Method], str]] = {
    "rldoctor": (decoder, "rldoctor"),
    "rldoctor.load": (whole, "rldoctor"),
    "EventAccumulator": (event_accumulator, "tensorboard"),
    "tbparse": (tbparse, "tbparse"),
    "Rust data server": (data_server, "tensorboard_data_server"),
}


def missing() -> list[str]:
    """Methods whose package is not installed."""
    from importlib.util import find_spec

    return [name for name, (_, package) in METHODS.items() if find_spec(package) is None]


def main() -> None:
    """``METHOD DIRECTORY``: time one call; prints seconds, scalars, peak memory and that before the call."""
    method = METHODS[sys.argv[1]][0]()
    before = peak_megabytes()
    start = time.perf_counter()
    scalars = method(Path(sys.argv[2]))
    seconds = time.perf_counter() - start
    peak = peak_megabytes() + sum(_SERVER_PEAK)
    print(json.dumps({"seconds": seconds, "scalars": scalars, "peak": peak, "before": before}))


if __name__ == "__main__":
    main()
