"""Everything rldoctor raises on purpose.

    RldoctorError            the job could not be done (exit code 2)
    |-- UsageError           an option, key or name the user gave is wrong
    |-- ReadError            nothing readable where a run was expected
    |   `-- MissingExtraError    the reader needs a package that is not installed
    |-- RuleError            a rule file or an expression in it is invalid
    `-- ExpressionError      an expression of the rule language is invalid

Each message says where, what is wrong and what was expected; ``hint`` says what to do next.
"""

from __future__ import annotations

from collections.abc import Sequence

from rldoctor.plain_data import dataclass


class RldoctorError(Exception):
    """Base class: ``str(error)`` is one or more plain lines, ``hint`` the next step (may be empty)."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        """Keep ``message`` as the text and ``hint`` beside it."""
        super().__init__(message)
        self.hint = hint


class UsageError(RldoctorError):
    """An option value, configuration key or name given by the user is not known or not valid."""


class ReadError(RldoctorError):
    """No run could be read from a path."""


class MissingExtraError(ReadError):
    """A reader needs an optional dependency; ``hint`` is the command that installs it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One defect in a file: 1-based ``line`` and ``column`` (0 where unknown)."""

    file: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        """``file:line:col: text``, the form editors make clickable."""
        return f"{self.file}:{self.line}:{self.column}: {self.text}"


class RuleError(RldoctorError):
    """One or more rule files are invalid; ``problems`` lists every defect, not only the first."""

    def __init__(self, problems: Sequence[Problem], *, hint: str = "") -> None:
        """One line of text per problem."""
        super().__init__("\n".join(str(problem) for problem in problems), hint=hint)
        self.problems = tuple(problems)


class ExpressionError(RldoctorError):
    """An expression is invalid; ``offset`` is the 0-based character in it where the problem stands."""

    def __init__(self, message: str, *, offset: int = 0, hint: str = "") -> None:
        """Keep where in the expression the problem stands."""
        super().__init__(message, hint=hint)
        self.offset = offset


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """A `` (did you mean 'x'?)`` suffix for an unknown ``name``, or an empty string."""
    from difflib import get_close_matches  # only for an error: this module is the first that anything imports

    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return f" (did you mean '{close[0]}'?)" if close else ""
