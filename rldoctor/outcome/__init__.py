"""What a run achieved, judged once: everything else reads this judgement.

``judge`` judges one curve, ``combine`` the curves of a run, ``load_criteria`` reads the numbers they decide
with.
"""

from rldoctor.outcome.combining import combine
from rldoctor.outcome.criteria import Criteria, load_criteria
from rldoctor.outcome.judging import judge

__all__ = ["Criteria", "combine", "judge", "load_criteria"]
