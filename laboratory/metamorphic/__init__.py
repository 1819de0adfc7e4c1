"""What may not change a diagnosis, tried on the bundled runs: format, order, names, rows, noise, scale, gaps.

No label is needed for most of it: a run whose rows were thinned is the same run, and a rule that says
something else of it rests on how the log was written and not on what was trained.
"""
