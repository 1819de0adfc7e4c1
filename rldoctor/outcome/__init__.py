"""The one judgement of what a run achieved."""
