"""One click, from captured parameters to jobs in the queue or in the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

SeedRule = Literal["screen", "next", "random"]


@dataclass(frozen=True)
class Order:
    """What one click asks for. `params` is the contract's `generation_params` with pictures in it.

    `click_id` is new for every click: one that comes twice makes no second job. With `repeat` the
    seed rule says what each job's seed is: the same, the one after the last picture's, or random.
    """

    params: dict[str, Any]
    server: str
    priority: int
    click_id: str
    repeat: int = 1
    seed_rule: SeedRule = "screen"


@dataclass(frozen=True)
class QueuedJob:
    """A job that the queue accepted. `position` is null when its box has taken it already."""

    id: str
    position: int | None
    position_is_minimum: bool
    estimated_start_time: str | None


@dataclass(frozen=True)
class Outcome:
    """What became of a click. `saved` jobs wait in the outbox; `kind` is "saved" when all do."""

    kind: Literal["queued", "saved"]
    jobs: tuple[QueuedJob, ...]
    sentence: str
    saved: int = 0
