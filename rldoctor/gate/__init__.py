"""The CI gate: baseline, waivers and seeds decide which findings of a diagnosis count. Pure functions."""
