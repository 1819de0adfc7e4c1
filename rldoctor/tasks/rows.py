"""A measured task as a row of ``data/measured.csv``, and back. An empty cell is not known."""

from __future__ import annotations

from collections.abc import Mapping

from rldoctor.model.task import Played, Task
from rldoctor.plain_data import replace

COLUMNS = (
    "id",
    "action",
    "dim",
    "low",
    "high",
    "choices",
    "horizon",
    "solved",
    "ended",
    "success",
    "seen_low",
    "seen_high",
    *(
        f"{policy}_{part}"
        for policy in ("random", "idle")
        for part in ("mean", "std", "n", "len", "len_std", "ok")
    ),
    "source",
)
# Bounds of several dimensions; one number alone stands for all of them.
JOIN = "|"


def row_of(task: Task) -> dict[str, str]:
    """The cells of a measured task. Six significant digits are kept."""
    cells = {
        "id": task.id,
        "action": task.action,
        "dim": _whole(task.action_dim),
        "low": _edges(task.action_low),
        "high": _edges(task.action_high),
        "choices": _whole(task.choices),
        "horizon": _whole(task.horizon),
        "solved": _text(task.solved),
        "ended": _answer(task.ends_early),
        "success": _answer(task.success_logged),
        "seen_low": _text(task.seen_low),
        "seen_high": _text(task.seen_high),
        "source": task.sources["spaces"],
    }
    for policy, played in (("random", task.random), ("idle", task.idle)):
        cells.update(_played_cells(policy, played))
    return cells


def _played_cells(policy: str, played: Played | None) -> dict[str, str]:
    if played is None:
        return {}
    return {
        f"{policy}_mean": _text(played.mean),
        f"{policy}_std": _text(played.std),
        f"{policy}_n": str(played.episodes),
        f"{policy}_len": _text(played.length),
        f"{policy}_len_std": _text(played.length_std),
        f"{policy}_ok": _text(played.success),
    }


def _text(value: float | None) -> str:
    # Plus zero: a reward of -0.0 is written 0.
    return "" if value is None else f"{value + 0.0:.6g}"


def _whole(value: int | None) -> str:
    return "" if value is None else str(value)


def _answer(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _edges(values: tuple[float, ...]) -> str:
    if len(set(values)) <= 1:
        return _text(values[0]) if values else ""
    return JOIN.join(_text(value) for value in values)


def task_of_row(row: Mapping[str, str]) -> Task:
    """The task of a row."""
    source = row["source"]
    dim = _int(row["dim"])
    ended, success = _yes(row["ended"]), _yes(row["success"])
    task = Task(
        id=row["id"],
        action=row["action"],
        action_dim=dim,
        action_low=_unpacked(row["low"], dim),
        action_high=_unpacked(row["high"], dim),
        choices=_int(row["choices"]),
        horizon=_int(row["horizon"]),
        solved=_float(row["solved"]),
        seen_low=_float(row["seen_low"]),
        seen_high=_float(row["seen_high"]),
        ends_early=ended,
        success_logged=success,
        random=_played(row, "random", source),
        idle=_played(row, "idle", source),
    )
    told = {"spaces": source}
    told |= {"seen": source} if row["seen_low"] else {}
    told |= {"ending": source} if ended is not None else {}
    told |= {"solved": source} if row["solved"] else {}
    return replace(task, sources=told | ({"success": source} if success is not None else {}))


def _played(row: Mapping[str, str], policy: str, source: str) -> Played | None:
    mean = _float(row[f"{policy}_mean"])
    if mean is None:
        return None
    return Played(
        mean=mean,
        std=_float(row[f"{policy}_std"]),
        episodes=_int(row[f"{policy}_n"]) or 0,
        length=_float(row[f"{policy}_len"]),
        length_std=_float(row[f"{policy}_len_std"]),
        success=_float(row[f"{policy}_ok"]),
        source=source,
    )


def _unpacked(text: str, dim: int | None) -> tuple[float, ...]:
    values = tuple(float(part) for part in text.split(JOIN)) if text else ()
    return values * (dim or 1) if len(values) == 1 else values


def _float(text: str) -> float | None:
    return float(text) if text else None


def _int(text: str) -> int | None:
    return int(text) if text else None


def _yes(text: str) -> bool | None:
    return text == "yes" if text else None
