"""Readers: bytes on disk turned into raw runs, with no idea of reinforcement learning."""
