"""Parts of a page that it opens when they are asked for: compressed text in data blocks of the page.

The page inflates them itself (``assets/unpack.js``): at once, so that paper and links can have them, in every
browser, and without a request that its Content-Security-Policy would have to allow.
"""

from __future__ import annotations

import base64
import zlib

from rldoctor.plain_data import dataclass

_RAW = -15  # a deflate stream without a header, window of 32 KiB


@dataclass(frozen=True, slots=True)
class Packed:
    """``data``: raw deflate in base64; ``size``: bytes of the UTF-8 text that it holds."""

    data: str
    size: int


def pack(text: str) -> Packed:
    """``text`` as :class:`Packed`."""
    plain = text.encode("utf-8")
    press = zlib.compressobj(9, zlib.DEFLATED, _RAW)
    return Packed(base64.b64encode(press.compress(plain) + press.flush()).decode("ascii"), len(plain))
