"""The readers there are: the built-in ones, then plug-ins of the entry-point group ``rldoctor.readers``."""

from __future__ import annotations

from importlib import import_module

from rldoctor.plug_ins import READERS, plug_ins
from rldoctor.readers.base import Failure, Reader
from rldoctor.readers.by_name import ByName

# In the order in which sources are preferred when one directory holds several.
BUILT_IN = {
    "tensorboard": "rldoctor.readers.tensorboard:TensorBoardReader",
    "aim": "rldoctor.readers.aim:AimReader",
    "csv": "rldoctor.readers.tabular:TabularReader",
}
# Experiment trackers: known by the names of their files, and imported where there is such a name.
TRACKERS = (
    ByName(
        "wandb",
        "rldoctor.readers.wandb:WandbReader",
        names=("wandb-metadata.json", "wandb-summary.json"),
        ends=(".wandb",),
        folder_each=True,
    ),
    ByName("mlflow", "rldoctor.readers.mlflow:MlflowReader", names=("meta.yaml",), folder_each=True),
    ByName("sqlite", "rldoctor.readers.sqlite:SqliteReader", ends=(".db", ".sqlite", ".sqlite3")),
    ByName("clearml", "rldoctor.readers.clearml:ClearmlReader", names=("task.json",), ends=(".zip",)),
    ByName("neptune", "rldoctor.readers.neptune:NeptuneReader", ends=(".parquet",)),
    ByName("dvclive", "rldoctor.readers.dvclive:DvcliveReader", names=("plots",), repository=False),
    ByName("sacred", "rldoctor.readers.sacred:SacredReader", names=("run.json",), repository=False),
)


def load_readers() -> tuple[list[Reader], list[Failure]]:
    """Fresh instances of every reader, and the ones that could not be loaded (reported, not raised)."""
    readers: list[Reader] = []
    failures: list[Failure] = []
    for name, target in BUILT_IN.items():
        _load(name, target, readers, failures)
    readers.extend(TRACKERS)
    for name, target in _plug_ins():
        _load(name, target, readers, failures)
    return readers, failures


def _load(name: str, target: str, readers: list[Reader], failures: list[Failure]) -> None:
    try:
        readers.append(_made(name, target))
    except Exception as error:  # a plug-in may fail in any way; the other readers still work
        failures.append(Failure(f"reader {name}", f"cannot be loaded: {error}", f"Look at {target}."))


def _made(name: str, target: str) -> Reader:
    module, _, attribute = target.partition(":")
    reader = getattr(import_module(module), attribute)()
    if not isinstance(reader, Reader):
        raise TypeError(f"{target} is not a reader: it needs name, claims() and read()")
    return reader


def _plug_ins() -> list[tuple[str, str]]:
    """Name and target of every entry point that is not a built-in, sorted."""
    known = {*BUILT_IN.values(), *(reader.target for reader in TRACKERS)}
    return [(name, target) for name, target in plug_ins(READERS) if target not in known]
