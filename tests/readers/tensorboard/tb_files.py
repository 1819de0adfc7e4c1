"""What the tests of this folder share."""


def ramp(tag: str, first: int, last: int, every: int = 1000, wall: float = 1.7e9, base: float = 0.0):
    """Points of one tag at steps first, first + every ... last; the value is base + step."""
    return [(tag, base + step, step, wall + k) for k, step in enumerate(range(first, last + 1, every))]
