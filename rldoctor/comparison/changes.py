"""The configuration of both arms, side by side: what differs, what only one side says, what follows."""

from __future__ import annotations

from dataclasses import field

from rldoctor.comparison.criteria import CompareCriteria, PlannedLength, Suspect
from rldoctor.comparison.settings import Setting, mixed, settings_of, words_of
from rldoctor.model.comparison import Arm, SettingChange, Side
from rldoctor.model.run import Run
from rldoctor.plain_data import dataclass
from rldoctor.redaction import SHOWN


@dataclass(slots=True)
class SettingChanges:
    """Real changes and one-sided settings, most suspicious first; consequences; what was odd.

    ``hidden``: keys whose values differ and are secrets, or texts with a secret in them.
    """

    changed: list[SettingChange] = field(default_factory=list)
    one_sided: list[SettingChange] = field(default_factory=list)
    consequences: list[SettingChange] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    changes_return: list[SettingChange] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)


def find_changes(base: Arm, candidate: Arm, criteria: CompareCriteria) -> SettingChanges:
    """Every setting that is not the same in both arms, by canonical meaning (``tau`` is ``1 - polyak``)."""
    arms = [settings_of(arm, criteria) for arm in (base, candidate)]
    result = SettingChanges(notes=_odd((base, candidate), arms))
    # One side without a configuration: everything would look one-sided.
    if not all(arms):
        return result
    # Two canonical knobs may come from one key of the user (a batch size that is also the rollout): it
    # changed once.
    seen: set[tuple[str, str]] = set()
    for name in {**arms[0], **arms[1]}:
        before, after = arms[0].get(name), arms[1].get(name)
        keys = (before.key if before else "", after.key if after else "")
        if keys not in seen and _place(before, after, criteria, result):
            seen.add(keys)
    _set_length_apart(base, candidate, criteria, result)
    _order(result, criteria)
    if result.hidden:
        result.notes.append(f"differs, values hidden: {', '.join(result.hidden)}")
    return result


def _set_length_apart(base: Arm, candidate: Arm, criteria: CompareCriteria, result: SettingChanges) -> None:
    """A planned length is no suspect where both arms are compared up to one step and nothing follows it."""
    found = [one for one in result.changed if one.knob in criteria.length.knobs]
    runs = [*base.runs, *candidate.runs]
    if not found or not runs or any(_follows_length(run, criteria.length) for run in runs):
        return
    result.changed = [one for one in result.changed if one not in found]
    result.consequences += found
    result.notes += [
        f"{one.key} differs ({one.base} and {one.candidate}) and is no suspect: both are compared up to one "
        f"step, and no schedule that is logged follows it"
        for one in found
    ]


def _follows_length(run: Run, length: PlannedLength) -> bool:
    """Whether something that a schedule moves may move in a run: what is not logged is not known to stand."""
    if length.metrics[0] not in run.metrics:
        return True
    series = [run.metrics[name].finite().values for name in length.metrics if name in run.metrics]
    return any(one.size and float(one.max()) != float(one.min()) for one in series)


def _place(
    before: Setting | None, after: Setting | None, criteria: CompareCriteria, result: SettingChanges
) -> bool:
    """Put one setting where it belongs; whether it is a change in its own right."""
    if before is None or after is None:
        present = before or after
        # A default that only one framework documents is no difference that anybody made.
        if present is not None and not (present.default or present.computed):
            result.one_sided.append(_change(before, after, criteria))
            return True
        return False
    if before.values == after.values:
        return False
    if before.texts == after.texts and any(SHOWN in text for text in after.texts):
        # Nobody trains differently by another password, and its value is nobody's business.
        result.hidden.append(after.key)
        return True
    change = _change(before, after, criteria)
    # What follows from another setting is told apart, or one change of n_envs would be five suspects. Equal
    # texts with different values are such a case too: the user wrote the same.
    if (before.computed and after.computed) or before.texts == after.texts:
        result.consequences.append(change)
        return False
    result.changed.append(change)
    return True


def _change(before: Setting | None, after: Setting | None, criteria: CompareCriteria) -> SettingChange:
    setting = after or before
    assert setting is not None
    suspect = suspect_of(setting, criteria)
    side = Side.BOTH if before and after else Side.BASE if before else Side.CANDIDATE
    return SettingChange(
        key=setting.key,
        base=_told(before, after),
        candidate=_told(after, before),
        group=suspect.name,
        because=suspect.because,
        knob=setting.knob,
        side=side,
        base_default=before is not None and before.default,
        candidate_default=after is not None and after.default,
        code=suspect.code,
    )


def _told(mine: Setting | None, theirs: Setting | None) -> str:
    """A value as written, under its own key where the two sides call it differently."""
    if mine is None:
        return ""
    if theirs is None or mine.key == theirs.key:
        return mine.text
    return f"{mine.text} ({mine.key})"


def suspect_of(setting: Setting, criteria: CompareCriteria) -> Suspect:
    """The first group that names the setting's knob, else the first whose words stand in its key."""
    for suspect in criteria.suspects:
        if setting.knob in suspect.knobs:
            return suspect
    # Whole words between underscores: `lr` must not be found in `clr_schedule`. Knobs came first, as a
    # canonical meaning is certain and a word in a key is a guess.
    words = f"_{'_'.join(words_of(setting.key))}_"
    for suspect in criteria.suspects:
        if any(f"_{word}_" in words for word in suspect.words):
            return suspect
    # The last group takes what no other names.
    return criteria.suspects[-1]


def _order(result: SettingChanges, criteria: CompareCriteria) -> None:
    rank = {suspect.name: position for position, suspect in enumerate(criteria.suspects)}
    for part in (result.changed, result.one_sided, result.consequences):
        # Python's sort is stable: within a group the order of the user's file stays.
        part.sort(key=lambda change: rank[change.group])
    loaded = {suspect.name for suspect in criteria.suspects if suspect.changes_return}
    result.changes_return = [change for change in result.changed if change.group in loaded]


def _odd(arms: tuple[Arm, Arm], settings: list[dict[str, Setting]]) -> list[str]:
    notes = []
    for arm, found in zip(arms, settings, strict=True):
        if not found:
            notes.append(f"{arm.name}: no configuration was found, so settings cannot be compared")
        notes += [
            f"{arm.name}: its runs do not agree on {one.key} ({one.text}): this is more than one arm"
            for one in mixed(found)
        ]
    return notes
