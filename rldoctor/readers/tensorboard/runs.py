"""Which event files of one directory belong to one run.

Several files are resumes of one run, separate runs started in the same place, writers working side by side,
or starts that died before logging anything. Files are taken in the order of their first wall time; each joins
an earlier run or begins a new one, and says why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import field

from rldoctor.plain_data import dataclass
from rldoctor.readers.tensorboard.eventfile import EventFile
from rldoctor.readers.tensorboard.extent import Extent, Relation, extent_of, relate


@dataclass(slots=True)
class Group:
    """Files of one run in chronological order, and per file why it is where it is.

    ``extents`` and ``last_wall`` are worked out when a further file asks for them: most directories hold one
    file, and a median per tag costs as much as a quarter of reading a small one.
    """

    files: list[EventFile] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    resumed: bool = False
    side_by_side: bool = False
    other_tags: bool = False
    _extents: dict[str, Extent] = field(default_factory=dict)
    _measured: int = 0

    def add(self, file: EventFile, reason: str) -> None:
        """Append a file."""
        self.files.append(file)
        self.reasons.append(f"{file.path.name}: {reason}")

    def extents(self) -> dict[str, Extent]:
        """The steps of every tag over all files. To be asked before the files give up their scalars."""
        for file in self.files[self._measured :]:
            for tag, columns in file.scalars.items():
                new, old = extent_of(columns), self._extents.get(tag)
                self._extents[tag] = new if old is None else _later(old, new)
        self._measured = len(self.files)
        return self._extents

    def last_wall(self) -> float:
        """The latest wall time of any scalar."""
        return max(map(last_wall, self.files), default=float("-inf"))


@dataclass(frozen=True, slots=True)
class _Verdict:
    relation: Relation
    reason: str
    distance: float = float("inf")


def group_files(files: Iterable[EventFile]) -> list[Group]:
    """Runs among files that hold scalars, oldest first."""
    groups: list[Group] = []
    for file in sorted(files, key=_start_time):
        _place(groups, file)
    return groups


def last_wall(file: EventFile) -> float:
    """The latest wall time of any scalar in the file (minus infinity without scalars)."""
    return max((float(columns.wall.max()) for columns in file.scalars.values()), default=float("-inf"))


def _start_time(file: EventFile) -> tuple[float, str]:
    # By the first point: a file's name tells when its writer was opened, as long as nobody renamed it.
    return (file.first_wall if file.first_wall is not None else float("inf"), file.path.name)


def _later(old: Extent, new: Extent) -> Extent:
    """The extent of a tag after a further file."""
    return Extent(old.first, min(old.low, new.low), max(old.high, new.high), new.gap or old.gap)


def _place(groups: list[Group], file: EventFile) -> None:
    """Add the file to the group it continues, or begin a new one."""
    verdicts = [_judge(group, file) for group in groups]
    joined = [k for k, verdict in enumerate(verdicts) if verdict.relation is Relation.CONTINUES]
    if joined:
        # The group whose end is nearest; of equal ones the latest, as resuming takes the last checkpoint.
        best = min(joined, key=lambda k: (verdicts[k].distance, -k))
        group = groups[best]
        parallel = file.scalars.keys().isdisjoint(group.extents())
        group.resumed |= not parallel
        group.side_by_side |= parallel and (file.first_wall or 0.0) < group.last_wall()
        group.other_tags |= parallel and (file.first_wall or 0.0) >= group.last_wall()
        group.add(file, verdicts[best].reason)
        return
    groups.append(Group())
    groups[-1].add(file, verdicts[-1].reason if verdicts else "first")


def _judge(group: Group, file: EventFile) -> _Verdict:
    """How ``file`` relates to a group that began before it."""
    shared = [tag for tag in file.scalars if tag in group.extents()]
    overlaps = file.first_wall is not None and file.first_wall < group.last_wall()
    if not shared:
        how = "written at the same time with other tags" if overlaps else "other tags, nothing to confuse"
        return _Verdict(Relation.CONTINUES, how, 0.0 if overlaps else float("inf"))
    # In the order of certainty: what the writer declares, what the clock rules out, what the steps suggest.
    declared = [start.step for start in file.starts]
    if declared:
        return _declared(declared[0])
    if overlaps:
        return _Verdict(Relation.RESTARTS, "written at the same time with the same tags")
    return _vote(group, file, shared)


def _declared(step: int) -> _Verdict:
    """The writer itself said from which step on it writes (``purge_step``)."""
    if step > 0:
        return _Verdict(Relation.CONTINUES, f"its session log declares a restart at step {step}", 0.0)
    return _Verdict(Relation.RESTARTS, "its session log declares a restart at step 0")


def _vote(group: Group, file: EventFile, shared: Sequence[str]) -> _Verdict:
    """Every shared tag has one vote; ties count as separate runs, which loses nothing."""
    extents = {tag: extent_of(file.scalars[tag]) for tag in shared}
    votes = {tag: relate(group.extents()[tag], after) for tag, after in extents.items()}
    counts = Counter(vote for vote in votes.values() if vote is not Relation.UNKNOWN)
    if not counts:
        return _Verdict(Relation.RESTARTS, "no steps were logged, so nothing shows a continuation")
    against = sum(counts.values()) - counts[Relation.CONTINUES]
    winner = Relation.CONTINUES
    if counts[Relation.CONTINUES] <= against:
        restarts = counts[Relation.RESTARTS] >= counts[Relation.UNRELATED]
        winner = Relation.RESTARTS if restarts else Relation.UNRELATED
    tag = max((tag for tag in shared if votes[tag] is winner), key=lambda tag: len(file.scalars[tag]))
    before, after = group.extents()[tag], extents[tag]
    reason = f"{tag} {winner.value}: step {after.first:g} after {before.high:g}"
    if winner is Relation.CONTINUES:
        reason += f" ({counts[winner]} of {sum(counts.values())} series agree)"
    return _Verdict(winner, reason, abs(after.first - before.high))
