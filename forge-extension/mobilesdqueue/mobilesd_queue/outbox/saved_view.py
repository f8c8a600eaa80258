"""Saved jobs as the page shows them."""

from __future__ import annotations

from typing import Any

from ..cloud.transport import Endpoint
from .entry import Entry, standing_of
from .store import Unreadable

_PROMPT_CHARS_MAX = 200


def show_saved(
    entry: Entry | Unreadable, endpoint: Endpoint | None, problem: str | None, now_s: float
) -> dict[str, Any]:
    """`id, created_at, tab, prompt, count, standing, sentence` of an entry.

    `endpoint` is where it would go now, `problem` why nothing goes there at the moment.
    """
    shown: dict[str, Any] = {"id": entry.id, "created_at": entry.created_at}
    if isinstance(entry, Unreadable):
        sentence = "The saved job is damaged and can only be discarded."
        shown |= {"tab": None, "prompt": "", "count": 0}
        return shown | {"standing": "refused", "sentence": sentence}
    prompt = entry.prompt[:_PROMPT_CHARS_MAX]
    shown |= {"tab": entry.tab, "prompt": prompt, "count": len(entry.items)}
    if endpoint is None:
        return shown | {"standing": "waiting", "sentence": "It waits for a connection."}
    standing, sentence = standing_of(
        entry, url=endpoint.url, key_start=endpoint.key_start, now_s=now_s
    )
    if standing == "waiting" and problem:
        sentence = f"{problem} {sentence}"
    return shown | {"standing": standing, "sentence": sentence}
