"""When to try again. Clock, sleep and chance are passed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TypeVar

from ..errors import QueueError, Unreachable

T = TypeVar("T")

Sleep = Callable[[float], bool]
"""Waits so many seconds; true when it was ended early because all shall stop."""

UNDECIDED_CODES = frozenset({"not_a_queue", "untrusted"})
"""Answers that did not come from the queue, and so say nothing about an earlier request."""


@dataclass(frozen=True)
class Patience:
    """How long one waits for a queue: `budget_s` is when the last try begins at the latest."""

    tries: int
    base_s: float
    cap_s: float
    budget_s: float


CLICK = Patience(tries=4, base_s=0.4, cap_s=4.0, budget_s=8.0)
"""Somebody looks at the button: a hiccup is bridged, an outage goes to the outbox."""

ONCE = Patience(tries=1, base_s=0.0, cap_s=0.0, budget_s=0.0)


def full_jitter_s(
    attempt: int, *, base_s: float, cap_s: float, random: Callable[[], float]
) -> float:
    """Seconds before the next try after `attempt` failed ones (0 is the first).

    Uniform below the doubling bound, with the jitter after the cap, so that many clients that
    lost the same queue do not come back together. `random` is uniform in [0, 1).
    """
    return random() * min(cap_s, base_s * 2.0 ** min(attempt, 62))


def retry_after_s(header: str | None, now_s: float) -> float | None:
    """The seconds that a `Retry-After` asks for: a number, or a date (RFC 9110 §10.2.3)."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=timezone.utc)
    return max(0.0, (date - datetime.fromtimestamp(now_s, timezone.utc)).total_seconds())


def call_patiently(
    call: Callable[[], T],
    *,
    patience: Patience,
    clock: Callable[[], float],
    sleep: Sleep,
    random: Callable[[], float],
) -> T:
    """Calls what is safe to repeat until it answers or patience ends: then its `Unreachable`.

    A `Retry-After` is waited for when it fits, else it ends the patience. `clock` is monotonic.
    """
    started_s = clock()
    may_have_arrived = False
    attempt = 0
    while True:
        try:
            return call()
        except Unreachable as error:
            may_have_arrived = may_have_arrived or error.may_have_arrived
            error.may_have_arrived = may_have_arrived
            attempt += 1
            jitter_s = full_jitter_s(
                attempt - 1, base_s=patience.base_s, cap_s=patience.cap_s, random=random
            )
            wait_s = max(jitter_s, error.retry_after_s or 0.0)
            is_late = clock() - started_s + wait_s > patience.budget_s
            if attempt >= patience.tries or is_late or sleep(wait_s):
                raise
        except QueueError as error:
            if may_have_arrived and error.code in UNDECIDED_CODES:
                raise Unreachable(str(error), code=error.code) from error
            raise
