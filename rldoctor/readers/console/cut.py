"""Names that a box cut off (``policy_gradient...``), made whole where only one name begins like that."""

from __future__ import annotations

# The long names that Stable-Baselines3, its older version and OpenAI Baselines print in boxes.
_LONG = (
    "approx_kl",
    "clip_fraction",
    "clip_range",
    "clip_range_vf",
    "entropy_loss",
    "explained_variance",
    "ent_coef_loss",
    "exploration_rate",
    "is_line_search_success",
    "kl_divergence_loss",
    "learning_rate",
    "mean 100 episode reward",
    "% time spent exploring",
    "mean_ep_length",
    "policy_gradient_loss",
    "policy_objective",
    "serial_timesteps",
    "total_timesteps",
    "time_elapsed",
    "value_loss",
)
_CUT = "..."


def in_full(name: str) -> str:
    """The name without the mark of a cut, whole where it is one of the known ones."""
    if not name.endswith(_CUT):
        return name
    head = name.removesuffix(_CUT)
    known = [one for one in _LONG if one.startswith(head.rpartition("/")[2])]
    return head.rpartition("/")[0] + "/" * ("/" in head) + known[0] if len(known) == 1 else name
