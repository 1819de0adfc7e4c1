"""What is known of a task: found by the name of its environment, written by the user, or measured.

Nothing here imports or runs the user's code but :mod:`rldoctor.tasks.environment`, for ``task measure``.
"""

from rldoctor.tasks.entry import tasks_from_settings
from rldoctor.tasks.find import find_task, task_of
from rldoctor.tasks.scales import (
    like_doing_nothing,
    max_entropy,
    published,
    q_bounds,
    reached_share,
    reward_scale_ratio,
)

__all__ = [
    "find_task",
    "like_doing_nothing",
    "max_entropy",
    "published",
    "q_bounds",
    "reached_share",
    "reward_scale_ratio",
    "task_of",
    "tasks_from_settings",
]
