"""Lengths of time in words."""

from __future__ import annotations

_SOON_S = 5.0
_MINUTE_S = 60.0
_HOUR_S = 3_600.0
_DAY_S = 86_400.0


def length_words(seconds: float) -> str | None:
    """A length of time as people say it: `40 s`, `3 min`, `2 h`; None where it is soon over."""
    if seconds < _SOON_S:
        return None
    if seconds <= _MINUTE_S - _SOON_S:
        return f"{-(-int(seconds) // 5) * 5} s"
    if seconds < _HOUR_S:
        return f"{max(1, round(seconds / _MINUTE_S))} min"
    if seconds < 2 * _DAY_S:
        return f"{round(seconds / _HOUR_S)} h"
    return f"{round(seconds / _DAY_S)} days"
