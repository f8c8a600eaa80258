"""The size that an infotext names. Pure."""

from __future__ import annotations

import re

_SIZE = re.compile(r"(^|, )Size: \d+x\d+(?=,|$)")


def with_size(infotext: str, width: int, height: int) -> str:
    """
    An infotext whose size is the picture's. Forge pastes the picture's size and the text's, in no
    fixed order; a hires picture is larger than its text says, and so they have to agree.
    """
    before, newline, last = infotext.rpartition("\n")
    return before + newline + _SIZE.sub(rf"\g<1>Size: {width}x{height}", last, count=1)
