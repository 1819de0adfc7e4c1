"""Modules of others that a command hardly ever needs, read when something in them is asked for.

numpy sets 700 documentation texts and makes the types for annotations, and typer imports what runs programs
and asks for the shell: a quarter of what both take, for nothing in nine of ten commands. Only the command
line does so, in a process of its own; who imports ``rldoctor`` gets the modules as they are.

The standard library's ``importlib.util.LazyLoader`` does the same but reads a module when it is imported for
the second time.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from threading import RLock
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.abc import Loader

# Only what is imported as a whole (``import pickle``), as a name out of a module has it read at once; and
# what is there in every Python, as an import that fails for good reason has to fail where it stands.
WAITING = frozenset(
    {
        "numpy._core._add_newdocs",
        "numpy._core._add_newdocs_scalars",
        "numpy._typing",
        "ipaddress",
        "pickle",
        "platform",
        "subprocess",
        "tokenize",
    }
)
# What is there beforehand. numpy.linalg takes this name out of the module, for annotations that nobody
# reads; what is read later puts its own in its place.
_BEFOREHAND: dict[str, dict[str, Any]] = {"numpy._typing": {"NDArray": list}}
_lock = RLock()


class UnreadModule(ModuleType):
    """A module that is read when the first name is missing in it."""

    def __getattr__(self, name: str) -> Any:
        """The name out of the module, which is from now on like any other."""
        with _lock:
            # Another thread may have read it meanwhile; and a module that is being read may ask for itself.
            loader = self.__spec__ and self.__spec__.loader
            if isinstance(loader, _Waiting):
                loader.read(self)
        return object.__getattribute__(self, name)


class _Waiting:
    """Makes the module at once and reads it later."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> None:
        """An ordinary module, as an import looks for names in it while it fills in where it comes from."""

    def exec_module(self, module: ModuleType) -> None:
        vars(module).update(_BEFOREHAND.get(module.__name__, {}))
        module.__class__ = UnreadModule

    def read(self, module: ModuleType) -> None:
        """What an import would have done."""
        if module.__spec__ is not None:
            module.__spec__.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        module.__class__ = ModuleType


class _Finder:
    """Finds the waiting modules as they are found otherwise."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in WAITING:
            return None
        found = PathFinder.find_spec(name, path, target)
        if found is not None and found.loader is not None:
            waiting: Any = _Waiting(found.loader)
            found.loader = waiting
        return found


def let_them_wait() -> None:
    """From now on these modules wait."""
    sys.meta_path.insert(0, _Finder())
