"""What a file's name says about its place in a run."""

from __future__ import annotations

from pathlib import PurePath

from rldoctor.readers.tabular.evaluations import NAME as EVALUATIONS
from rldoctor.readers.tabular.monitor import is_monitor

# Files that belong to the run their directory is. Each group holds the same rows in several forms, the
# preferred one first: RLlib's progress.csv freezes its header at the first row, result.json does not.
GROUPS: tuple[tuple[str, ...], ...] = (
    ("result.json", "progress.csv", "progress.txt", "progress.tsv", "progress.json"),
    ("train.csv",),
    ("eval.csv", "evaluation.csv"),
    ("test.csv",),
    ("metrics.csv", "metrics.jsonl"),
    ("scores.jsonl",),
    ("wandb-history.jsonl",),
)
_MEMBERS = frozenset(name for group in GROUPS for name in group)
_TABLES = (".csv", ".tsv")
_LINES = (".jsonl", ".ndjson")
# Written by tools beside the training, never a log of it.
_NOT_LOGS = frozenset({"requirements.csv", "hyperparameters.csv", "params.csv", "config.csv"})


def is_json(name: str) -> bool:
    """Whether a file holds JSON lines."""
    return name.endswith((*_LINES, ".json"))


def is_member(name: str) -> bool:
    """Whether a file belongs to the run of its directory."""
    return name in _MEMBERS or is_monitor(name) or name == EVALUATIONS


def is_free_table(name: str) -> bool:
    """Whether a file may be a table that stands for itself (one run per file)."""
    if is_member(name) or name in _NOT_LOGS or name.startswith("."):
        return False
    return PurePath(name).suffix.lower() in (*_TABLES, *_LINES)
