"""The readers there are: the built-in ones, then plug-ins of the entry-point group ``rldoctor.readers``."""

from __future__ import annotations

from importlib import import_module

from rldoctor.plug_ins import READERS, plug_ins
from rldoctor.readers.base import Failure, Reader

# In the order in which sources are preferred when one directory holds several.
BUILT_IN = {
    "tensorboard": "rldoctor.readers.tensorboard:TensorBoardReader",
    "aim": "rldoctor.readers.aim:AimReader",
    "csv": "rldoctor.readers.tabular:TabularReader",
}


def load_readers() -> tuple[list[Reader], list[Failure]]:
    """Fresh instances of every reader, and the ones that could not be loaded (reported, not raised)."""
    readers: list[Reader] = []
    failures: list[Failure] = []
    for name, target in [*BUILT_IN.items(), *_plug_ins()]:
        try:
            readers.append(_made(name, target))
        except Exception as error:  # a plug-in may fail in any way; the other readers still work
            failures.append(Failure(f"reader {name}", f"cannot be loaded: {error}", f"Look at {target}."))
    return readers, failures


def _made(name: str, target: str) -> Reader:
    module, _, attribute = target.partition(":")
    reader = getattr(import_module(module), attribute)()
    if not isinstance(reader, Reader):
        raise TypeError(f"{target} is no reader: it needs name, claims() and read()")
    return reader


def _plug_ins() -> list[tuple[str, str]]:
    """Name and target of every entry point that is not a built-in, sorted."""
    known = set(BUILT_IN.values())
    return [(name, target) for name, target in plug_ins(READERS) if target not in known]
