"""What a whole run shows that no single series does: inference appended, no finished episode, benign NaN."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rldoctor.model.raw import Note
from rldoctor.model.series import Series
from rldoctor.vocabulary.tables import FrameworkTable

# Training metrics that end before this share of the run: the rest was not training.
_ENDED = 0.9


def oddities(table: FrameworkTable, series: Mapping[str, Series], unverified: tuple[str, ...]) -> list[Note]:
    """Notes on the run as a whole."""
    notes = []
    if table.name == "ml_agents":
        notes += _inference(series)
    if table.name in ("stable_baselines3", "sbx"):
        notes += _no_episode(series)
    notes += _leading_nan(series)
    if unverified:
        text = f"these tags' meaning was not checked in {table.title}'s source: {', '.join(unverified)}"
        notes.append(Note("unverified-mapping", text, "info", unverified))
    return notes


def _inference(series: Mapping[str, Series]) -> list[Note]:
    played, trained = series.get("episode_return"), series.get("policy_loss")
    if played is None or not len(played):
        return []
    if trained is None or not len(trained):
        text = "no losses were logged: this looks like inference, not training"
        return [Note("inference-only", text, "warning")]
    if trained.steps[-1] >= _ENDED * played.steps[-1]:
        return []
    text = (
        f"losses stop at step {trained.steps[-1]:,.0f} while the environment goes on to "
        f"{played.steps[-1]:,.0f}: inference was appended to the training log"
    )
    return [Note("inference-appended", text, "warning")]


def _no_episode(series: Mapping[str, Series]) -> list[Note]:
    training = "policy_loss" in series or "critic_loss" in series
    if "episode_return" in series or not training:
        return []
    text = "rollout/ep_rew_mean is missing: no episode ended, or the environment has no Monitor wrapper"
    return [Note("no-finished-episode", text, "warning")]


def _leading_nan(series: Mapping[str, Series]) -> list[Note]:
    """NaN before the first finished episode means "none yet", not a numerical failure."""
    found = series.get("episode_return")
    if found is None or not len(found) or not np.isnan(found.values[0]):
        return []
    finite = np.flatnonzero(~np.isnan(found.values))
    count = int(finite[0]) if finite.size else len(found)
    text = f"{found.tag} is NaN in its first {count} points: no episode had ended yet"
    return [Note("nan-before-first-episode", text, "info", (found.tag,))]
