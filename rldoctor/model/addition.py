"""What would have to be logged or set so that a rule could look."""

from __future__ import annotations

from enum import StrEnum

from rldoctor.plain_data import dataclass


class AdditionKind(StrEnum):
    """What an addition is."""

    METRIC = "metric"  # to log
    SETTING = "setting"  # to tell, where the run has one
    OPTION = "option"  # of the command line
    OFF = "off"  # a setting that the run has switched off: nothing to see
    NONE = "none"  # cannot be had from this framework and algorithm


@dataclass(frozen=True, slots=True)
class Addition:
    """One thing to add for one of the names in ``RuleResult.missing``.

    ``wanted`` is that name (``a or b``: either). ``name`` is what to add for it: itself, or what it is
    derived from; a canonical metric, ``config.x``, or the name of an option. ``line`` is the line of code (or
    the sentence) of the framework's vocabulary that logs a metric, empty where it knows none.
    """

    wanted: str
    name: str
    kind: AdditionKind
    line: str = ""

    @property
    def derived(self) -> bool:
        """Whether ``wanted`` is not logged itself, but follows from ``name``."""
        return self.name not in self.wanted.split(" or ")

    @property
    def setting(self) -> str:
        """The name without ``config.``: what ``--set`` calls it."""
        return self.name.removeprefix(SETTING)


SETTING = "config."
