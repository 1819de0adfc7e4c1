"""Envelopes of good runs: built from them, kept in files, found for a run, laid over it."""
