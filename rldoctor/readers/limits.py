"""How much is read of a file of strangers: more than any training writes, less than what hurts.

What is larger is refused or cut, and said. A small hostile file costs at most 2 s and 300 MB (a test holds
every reader to that); a large one costs in proportion to its size, up to these.
"""

from __future__ import annotations

MIB = 1 << 20

LOG_BYTES = 1024 * MIB
"""A log of text: CSV, JSON lines, console. Event files are read in pieces and have no limit."""

DOCUMENT_BYTES = 64 * MIB
"""One JSON document that holds a log (``trainer_state.json``)."""

CONFIG_BYTES = MIB
"""A configuration. YAML is parsed at about a megabyte per second."""

MODEL_BYTES = 24 * MIB
"""The JSON in a saved model, expanded; it also holds the last observation, a stack of images at times."""

ARRAY_BYTES = 64 * MIB
"""An array of ``evaluations.npz``, expanded."""

WORD_BYTES = 1 << 12
"""A member of an archive that is a word (a version)."""

ARCHIVE_MEMBERS = 10_000
ARCHIVE_INDEX_BYTES = 2 * MIB
"""The list of an archive's members, which is read as a whole before the first of them."""

JSON_CONTAINERS = 800_000
JSON_VALUES = 4_000_000
"""Objects and lists, and values, of one JSON text: an empty object of two bytes takes 64 in memory."""

RECORD_BYTES = 64 * MIB
"""A record of an event file that is kept in memory; an image or a graph may be large, a scalar is not."""

SERIES = 20_000
"""Metrics of one run."""

RUNS = 20_000
"""Runs of one directory or repository."""

SETTINGS = 20_000
SETTING_TEXT = 100_000
"""Characters of one setting."""

NAME = 1_000
"""Characters of a tag, a key or an id."""
