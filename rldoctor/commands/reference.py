"""``rldoctor reference``: hands over to ``rldoctor.reference``, which needs torch."""

from __future__ import annotations

from importlib.util import find_spec

from rldoctor.commands.doctor import DISTRIBUTION
from rldoctor.errors import MissingExtraError

NEEDED = ("torch", "stable_baselines3", "gymnasium")


def reference(arguments: list[str]) -> int:
    """Run the reference trainer with its own options. MissingExtraError when the extra is not installed."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"training reference runs needs {', '.join(missing)}, not installed here",
            hint=f"pip install '{DISTRIBUTION}[reference]'",
        )
    from rldoctor.reference.__main__ import main

    return main(arguments)
