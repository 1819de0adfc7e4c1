"""``--set KEY=VALUE``."""

from __future__ import annotations

from rldoctor.errors import UsageError
from rldoctor.model.raw import RawSetting
from rldoctor.readers.config_files.literals import literal


def parse_set(text: str) -> RawSetting:
    """``gamma=0.99`` as a setting of source ``--set``; values are Python literals or text.

    UsageError when there is no ``=`` or no key.
    """
    key, mark, value = text.partition("=")
    if not mark or not key.strip():
        raise UsageError(f"--set {text!r}: expected KEY=VALUE", hint="For example: --set learning_rate=3e-4")
    return RawSetting(key.strip(), literal(value.strip()), "--set")
