"""How good the rules are: the diagnosis of every run of a labelled collection, held against its label.

collect (walk, diagnose) -> Case -> score (counts) -> document (figures) -> write (JSON, Markdown)
                                                                         -> check (against a committed one)
"""
