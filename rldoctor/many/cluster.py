"""Work done by other machines, through joblib's interface: Dask, Ray, or joblib's own processes.

Nothing is scheduled here. Whoever runs the cluster decides where a task goes and how often it is tried; the
workers need this program installed, and the same paths or URLs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from rldoctor.errors import MissingExtraError, RldoctorError, UsageError
from rldoctor.many.processes import Done, Lost, Work

BACKENDS = ("loky", "dask", "ray")
_NEEDS = {"loky": "joblib", "dask": "distributed", "ray": "ray"}
# Gives results only when all of a call are there.
_IN_LOTS = ("ray",)
_LOT = 256
_EXTRA = {"loky": "cluster", "dask": "dask", "ray": "ray"}


def over_cluster(
    work: Work, tasks: Sequence[Any], numbers: Sequence[int], backend: str, address: str, jobs: int
) -> Iterator[Done]:
    """The results of the tasks with these numbers, as they come.

    Where the cluster gives up, the tasks that are left are lost. MissingExtraError without the backend's
    package, UsageError when nothing answers at ``address``; what is wrong with the options is raised.
    """
    left = set(numbers)
    with _connected(backend, address):
        try:
            for number, result in _parallel(backend, jobs, [(work, one, tasks[one]) for one in numbers]):
                left.discard(number)
                yield Done(number, result)
        except (RldoctorError, KeyboardInterrupt, GeneratorExit):
            raise
        except Exception as error:  # whatever a cluster raises when it loses a worker
            why = f"not judged: {backend} gave up: {type(error).__name__}: {error}".partition("\n")[0]
            yield from (Done(number, Lost(why)) for number in sorted(left))


def _parallel(backend: str, jobs: int, calls: Sequence[tuple[Work, int, Any]]) -> Iterator[tuple[int, bytes]]:
    import joblib

    with joblib.parallel_config(backend=backend, n_jobs=jobs or -1):
        if backend not in _IN_LOTS:
            parallel = joblib.Parallel(return_as="generator_unordered")
            yield from parallel(joblib.delayed(done)(*call) for call in calls)
            return
        # So many at a time, so that what is done is kept when the cluster gives up later.
        with joblib.Parallel() as parallel:
            for first in range(0, len(calls), _LOT):
                yield from parallel(joblib.delayed(done)(*call) for call in calls[first : first + _LOT])


def done(work: Work, number: int, task: Any) -> tuple[int, bytes]:
    """A task on the machine that was given it."""
    return number, work(task, frozenset(), _quietly)


def _quietly(_: str) -> None:
    pass


@contextmanager
def _connected(backend: str, address: str) -> Iterator[None]:
    """A cluster at ``address``, else one of this machine's own that goes when the work is done."""
    connect: dict[str, Callable[[str, ExitStack], None]] = {"loky": _loky, "dask": _dask, "ray": _ray}
    with ExitStack() as stack:
        try:
            connect[backend](address, stack)
        except ImportError as error:
            raise MissingExtraError(
                f"--backend {backend} needs {_NEEDS[backend]}, which is not installed",
                hint=f"pip install 'rl-training-doctor[{_EXTRA[backend]}]'",
            ) from error
        except (OSError, TimeoutError, ConnectionError, RuntimeError, ValueError) as error:
            where = f"at {address}" if address else "of this machine"
            raise UsageError(f"no {backend} cluster {where}: {error}", hint="check --address") from error
        yield


def _loky(address: str, _: ExitStack) -> None:
    import joblib  # noqa: F401 - fails here where it is absent

    if address:
        raise ValueError("loky is of this machine and takes no --address")


def _dask(address: str, stack: ExitStack) -> None:
    import joblib  # noqa: F401
    from distributed import Client

    stack.enter_context(Client(address or None))


def _ray(address: str, stack: ExitStack) -> None:
    import joblib  # noqa: F401
    import ray
    from ray.util.joblib import register_ray

    ray.init(address=address or None, log_to_driver=False, logging_level="error", ignore_reinit_error=True)
    stack.callback(ray.shutdown)
    register_ray()
