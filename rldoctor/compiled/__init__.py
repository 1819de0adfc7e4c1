"""Data files of the program as plain JSON that is read back without checking: fast, and it runs no code.

    store.Compiled(name, kind, sources, make).load() -> the typed value, compiled or made from its sources
    codec.to_plain(value) -> JSON values; codec.from_plain(kind, values) -> the typed value

See ``docs/adr`` for why this is neither pickle nor marshal.
"""
