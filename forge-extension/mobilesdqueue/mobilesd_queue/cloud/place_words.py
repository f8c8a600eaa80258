"""Where new jobs stand, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from .client import Submitted
from .durations import length_words


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `11th`, …"""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def queued_sentence(jobs: Sequence[Submitted], *, server: str, now_s: float) -> str:
    """`Queued, 3rd, about 2 min.` For several jobs it is the first one's place."""
    first = jobs[0]
    place = _place(first)
    why = _why_it_waits(first.status_reason, server)
    # An absent box's times are as if it came back now: no promise.
    time = None if why else _until(first.estimated_start_time, now_s)
    if len(jobs) == 1:
        told = ", ".join(part for part in ("Queued", place, time) if part)
    else:
        where = ", ".join(part for part in (place, time) if part)
        told = f"Queued {len(jobs)} jobs" + (f", the first {where}" if where else "")
    return f"{told}. {why}" if why else f"{told}."


def _place(job: Submitted) -> str | None:
    position = job.queue_position
    if position is None:
        return None
    if job.position_is_minimum:
        return f"{ordinal(position)} or later"
    return "next" if position == 1 else ordinal(position)


def _why_it_waits(reason: str, server: str) -> str | None:
    if reason == "waiting_for_server":
        return f"{server} is not there now; it starts when it is back."
    if reason == "paused":
        return f"{server} is paused; it starts when somebody resumes {server}."
    if reason == "missing_checkpoint":
        return f"{server} does not have this checkpoint now; it starts when it does."
    return None


def _until(timestamp: str | None, now_s: float) -> str | None:
    if timestamp is None:
        return None
    try:
        start = datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    except ValueError:
        return None
    wait = length_words(start.timestamp() - now_s)
    return f"about {wait}" if wait else None
