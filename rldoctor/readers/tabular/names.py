"""What a file's name says about its place in a run.

Every file of every directory is asked, so this imports no reader; what opens files is imported when a name
fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

EVALUATIONS = "evaluations.npz"
"""What Stable-Baselines3's EvalCallback writes."""

SCORES = "scores.txt"
"""What PFRL and ChainerRL write: a table in a file that anything may be called."""

SCALARS = "scalars"
"""The folder of TorchRL's CSVLogger: one file per metric."""

# Files that belong to the run their directory is. Each group holds the same rows in several forms, the
# preferred one first: RLlib's progress.csv freezes its header at the first row, result.json does not.
GROUPS: tuple[tuple[str, ...], ...] = (
    ("result.json", "progress.csv", "progress.txt", "progress.tsv", "progress.json"),
    ("train.csv",),
    ("eval.csv", "evaluation.csv"),
    ("test.csv",),
    ("metrics.csv", "metrics.jsonl"),
    ("scores.jsonl",),
    (SCORES,),
    ("wandb-history.jsonl",),
)
_MEMBERS = frozenset(name for group in GROUPS for name in group)
_TABLES = (".csv", ".tsv")
_LINES = (".jsonl", ".ndjson")
# Written by tools beside the training, never a log of it.
_NOT_LOGS = frozenset({"requirements.csv", "hyperparameters.csv", "params.csv", "config.csv"})

# Names that anything may have: ``run.json`` beside them tells that Sacred wrote them.
_SACRED = frozenset({"info.json", "metrics.json"})
_LOG_WORDS = ("train", "history", "reward", "return", "episode", "progress", "_log")


def is_monitor(name: str) -> bool:
    """Whether a file name is that of a monitor file."""
    return name.endswith("monitor.csv")


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


def is_document_name(name: str, beside: Sequence[str]) -> bool:
    """Whether a ``.json`` file may be a log by its name: Sacred's two, or one that speaks of training."""
    if not name.endswith(".json"):
        return False
    if name in _SACRED:
        return "run.json" in beside
    return any(word in PurePath(name).stem.lower() for word in _LOG_WORDS)
