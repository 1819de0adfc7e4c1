"""What a run achieved, judged once: everything else reads this judgement.

``judge`` judges one curve, ``combine`` the curves of a run; ``criteria_file.load_criteria``
reads the numbers they decide with (not imported here: a compiled policy brings them).
"""

from rldoctor.outcome.combining import combine
from rldoctor.outcome.criteria import Criteria
from rldoctor.outcome.judging import judge

__all__ = ["Criteria", "combine", "judge"]
