"""Planted faults in Stable-Baselines3: its own update, changed in its text, trained with default logs.

``python -m laboratory.mutants --help``. The table of faults is data (``faults_*.yaml``), and so are the
trainings that they are planted in (``tasks.yaml``) and what counts as harm (``outcome.yaml``).
"""
