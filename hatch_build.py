"""The build hook of the wheel, which carries the built-in rules and vocabulary compiled.

Run by hatchling (``[tool.hatch.build.targets.wheel.hooks.custom]``). An editable installation gets nothing:
its sources change, and ``rldoctor.compiled.store`` keeps what is made of them in the user's cache.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledPack(BuildHookInterface):  # type: ignore[misc]
    """Adds ``rldoctor/_compiled``."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile into a folder of our own; an invalid rule file ends the build."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        try:
            from rldoctor.compile_all import compile_to
        finally:
            sys.path.remove(self.root)
        self.made = tempfile.TemporaryDirectory()
        compile_to(Path(self.made.name))
        build_data["force_include"][self.made.name] = "rldoctor/_compiled"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the folder."""
        if version != "editable":
            self.made.cleanup()
