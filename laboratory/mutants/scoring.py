"""How a checkout's rldoctor does on the finished runs."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from laboratory.mutants.outcome import judged
from laboratory.mutants.plan import HEALTHY
from laboratory.mutants.table import HARMFUL, HARMLESS

SERIOUS = ("critical", "error", "warning")
FIRST = 3
COLUMNS = (
    "split",
    "outcome",
    "fault",
    "mechanism",
    "task",
    "seed",
    "layout",
    "folder",
    "shares",
    "verdict",
    "flagged",
    "first",
    "top3",
    "found",
    "accepted",
    "message",
)


def score(
    out: Path,
    tree: Path,
    split: str,
    only: Sequence[str],
    table: Path | None,
    least: int | None = None,
) -> str:
    """Run the checkout on every judged run, write the per-run table, and return the counts by split."""
    labels = [label for label in judged(out, least) if label["outcome"] in (HARMFUL, HARMLESS)]
    chosen = [
        label
        for label in labels
        if split in ("both", label["split"])
        and (not only or any(text in f"{label['task']}/{label['fault']}/{label['seed']}" for text in only))
    ]
    cache = out / "scores" / state_of(tree)
    cache.mkdir(parents=True, exist_ok=True)
    rows = [row(label, diagnosis(out, label["folder"], tree, cache)) for label in chosen]
    path = table or out / "scores" / f"score-{state_of(tree)}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    splits = ("tune", "hold") if split == "both" else (split,)
    parts = [summary([entry for entry in rows if entry["split"] == part], part) for part in splits]
    return "\n".join([*parts, f"table: {path}"])


def state_of(tree: Path) -> str:
    """Name of the state of a checkout: its folder, its commit, and a digest of what is not committed."""
    commit = _git(tree, "rev-parse", "--short", "HEAD").strip()
    # The planted runs are what is scored, and decide nothing.
    parts = ("rldoctor", "rules", "reference_runs", ":(exclude)reference_runs/planted")
    changed = _git(tree, "diff", "HEAD", "--", *parts)
    new = _git(tree, "ls-files", "--others", "--exclude-standard", "--", "rldoctor", "rules")
    dirty = hashlib.sha256((changed + new).encode()).hexdigest()[:8] if changed or new else ""
    return "-".join(part for part in (tree.resolve().name, commit, dirty) if part)


def diagnosis(out: Path, folder: str, tree: Path, cache: Path) -> Mapping[str, Any]:
    """What the checkout says about one run, alone; kept, as long as the checkout does not change."""
    target = cache / f"{folder}.json"
    if not target.exists():
        command = [
            sys.executable,
            "-m",
            "rldoctor",
            "analyze",
            folder,
            "-f",
            "json",
            "-o",
            str(target.resolve()),
        ]
        done = subprocess.run(
            command,
            cwd=out,
            env={**os.environ, "PYTHONPATH": str(tree.resolve())},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in (0, 1, 3) or not target.exists():
            return {"verdict": f"failed ({done.returncode})", "roots": [], "failure": done.stderr[-300:]}
    runs = json.loads(target.read_text(encoding="utf-8"))["runs"]
    return runs[0] if runs else {"verdict": "no run found", "roots": []}


def row(label: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """One line of the table. Only roots at warning or above count as said."""
    told = [root["code"] for root in found["roots"] if root["severity"] in SERIOUS]
    right = [code in label["roots"] for code in told[:FIRST]]
    return {
        **{key: label[key] for key in COLUMNS[:8]},
        "shares": json.dumps(label["shares"]),
        "verdict": found["verdict"],
        "flagged": bool(told),
        "first": right[:1] == [True],
        "top3": any(right),
        "found": " ".join(f"{root['code']}:{root['severity']}" for root in found["roots"]),
        "accepted": " ".join(label["roots"]),
        "message": found["roots"][0]["message"][:200] if found["roots"] else found.get("failure", ""),
    }


def summary(rows: Sequence[Mapping[str, Any]], split: str) -> str:
    """The counts of one split."""
    harmful = [entry for entry in rows if entry["outcome"] == HARMFUL]
    healthy = [entry for entry in rows if entry["outcome"] == HARMLESS and entry["fault"] == HEALTHY]
    harmless = [entry for entry in rows if entry["outcome"] == HARMLESS and entry["fault"] != HEALTHY]
    lines = [
        f"{split}: {len(harmful)} harmful, {len(healthy)} healthy, {len(harmless)} harmless",
        _line("harmful, flagged at warning or above", harmful, lambda entry: entry["flagged"]),
        _line("harmful, right cause first", harmful, lambda entry: entry["first"]),
        _line(f"harmful, right cause in the first {FIRST}", harmful, lambda entry: entry["top3"]),
        _line("harmful, called healthy", harmful, lambda entry: entry["verdict"] == "healthy"),
        _line("harmful, not enough data", harmful, lambda entry: entry["verdict"] == "not_enough_data"),
    ]
    for name, group in (("healthy", healthy), ("harmless", harmless)):
        lines.append(_line(f"{name}, error or critical", group, _has_error))
        lines.append(_line(f"{name}, warning or above", group, lambda entry: entry["flagged"]))
    lines.append(_line("harmless and flagged, planted one first", harmless, lambda entry: entry["first"]))
    return "\n".join(lines)


def _has_error(entry: Mapping[str, Any]) -> bool:
    """Whether anything was said at error or above."""
    return ":error" in entry["found"] or ":critical" in entry["found"]


def _line(text: str, rows: Sequence[Mapping[str, Any]], test: Callable[[Mapping[str, Any]], bool]) -> str:
    """One count with its share."""
    count = sum(test(entry) for entry in rows)
    share = f"{count / len(rows):5.0%}" if rows else "    -"
    return f"  {text:42} {count:4} of {len(rows):4} {share}"


def _git(tree: Path, *arguments: str) -> str:
    """Output of a git command in a checkout."""
    return subprocess.run(
        ["git", "-C", str(tree), *arguments], capture_output=True, text=True, check=True
    ).stdout
