"""What of a report is left out where it would be longer than a look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum

from rldoctor.plain_data import dataclass
from rldoctor.report.blocks import Block, Paragraph
from rldoctor.report.layout import UnusualError, lines_of

# A terminal of 24 lines and the prompt; and what each further root cause may add.
MOST, MORE = 25, 9


class Needed(IntEnum):
    """How much a part is needed; the least needed goes first."""

    ALWAYS = 0
    LEFT_OPEN = 1
    BLANK = 2
    RULED_OUT = 3
    NUMBERS = 4
    REFERENCE = 5
    EXPECT = 6
    LIKELY = 7
    BECAUSE = 8
    SECOND = 9


@dataclass(frozen=True, slots=True)
class Part:
    """A block and how much it is needed."""

    block: Block
    needed: Needed = Needed.ALWAYS


def parts(blocks: Iterable[Block], needed: Needed = Needed.ALWAYS) -> Iterable[Part]:
    """Blocks of one need."""
    return (Part(block, needed) for block in blocks)


def fitted(found: Sequence[Part], width: int, roots: int) -> list[Block]:
    """The blocks that fit, in their order; what is always needed stands there in any case."""
    most = MOST + MORE * max(0, roots - 1)
    heights = [_height(part.block, width) for part in found]
    keep = set(range(len(found)))
    for place in sorted(keep, key=lambda one: (found[one].needed, one), reverse=True):
        if found[place].needed is Needed.ALWAYS or sum(heights[one] for one in keep) <= most:
            break
        keep.discard(place)
    return [found[place].block for place in sorted(keep)]


def _height(block: Block, width: int) -> int:
    """The lines of a block; one for what only Rich can tell."""
    if isinstance(block, Paragraph) and block.whole:
        return 1
    try:
        return len(lines_of(block, width))
    except UnusualError:
        return 1
