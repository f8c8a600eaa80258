"""Texts that name a folder or an address, which no argument of a queued script may."""

from __future__ import annotations

import re

# Where a text may begin to name a place: a line, an option's value as a shell has it, a setting's.
_START = r"(?:^|(?:(?<=\s)|^)--[A-Za-z0-9_-]+(?=[\s=])|=)\s*(?:[\"']\s*)?"

# An address, a drive, a root, a share, a home, a way up. `\(` is how a prompt writes a bracket.
_BEGINNINGS = (
    r"[A-Za-z][A-Za-z0-9+.-]+:(?:/|\\\\)",
    r"[A-Za-z]:[\\/]",
    r"/+[^\s/]",
    r"[\\/]{2,}[\w.?]",
    r"\\\w[^\\/\s]*(?:/[^\s\\/]|\.\w)",
    r"\\\w[^\\/,()]*\\[\w.]",
    r"~(?:[^\\/\s]*[\\/]|\s*$)",
    r"\.\.(?:[\\/]|\s*$)",
)

_PLACE = re.compile(rf"{_START}(?:{'|'.join(_BEGINNINGS)})|[\\/]\.\.(?:[\\/]|\s*$)")
_LINE_END = re.compile("[\r\n\u2028\u2029]")


def names_place(text: str) -> bool:
    """Whether the queue takes a text for a place (the rule of src/contract/scripts.ts)."""
    return any(_PLACE.search(line) for line in _LINE_END.split(text))
