"""How early the right root is named for good, and whether the probabilities that are shown hold.

Every bundled run is cut at some shares of its length and diagnosed as if it had just got there.
"""
