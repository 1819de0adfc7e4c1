"""From a run and a rulebook to a diagnosis.

``context`` prepares a run (derived quantities, run facts), ``grid`` and ``intervals`` turn series into
conditions over time, ``evaluate`` applies one rule, ``ranking`` separates causes from symptoms and
``diagnose`` puts it together. Numbers that decide anything are in ``rules/``, never here.
"""
