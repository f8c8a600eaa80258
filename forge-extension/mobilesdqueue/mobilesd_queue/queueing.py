"""One click, from captured parameters to jobs in the queue or in the outbox."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .capture.picture import Picture, pictures_in, replace_pictures
from .cloud.client import Client, Submitted
from .cloud.limits import JOBS_PER_CLICK_MAX, PRIORITY_FIRST, PRIORITY_LAST
from .cloud.place_words import queued_sentence
from .cloud.submit import seeds_of, submit_body, with_seed
from .cloud.uploads import Uploads
from .errors import QueueError, Unreachable
from .outbox.entry import PICTURE_KEY, Entry, Item

SeedRule = Literal["screen", "next", "random"]


@dataclass(frozen=True)
class Order:
    """What one click asks for. `params` is the contract's `generation_params` with pictures in it.

    No `server`: `Service` takes that of the settings, or the only one that it knows.
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
    """What became of a click. `saved` jobs wait in the outbox; `kind` is "saved" when all do.

    `problem` is then why.
    """

    kind: Literal["queued", "saved"]
    jobs: tuple[QueuedJob, ...]
    sentence: str
    saved: int = 0
    problem: str | None = None


class PartlyQueued(QueueError):
    """Some jobs of a click were queued before one was refused."""

    def __init__(self, why: QueueError, queued: int, wanted: int) -> None:
        super().__init__(
            f"{queued} of {wanted} queued, then: {why}",
            code=why.code,
            retry_after_s=why.retry_after_s,
            details=why.details,
        )


def not_queued(error: QueueError) -> QueueError:
    """The error as the answer to a click: what became of its jobs, and then why."""
    if isinstance(error, PartlyQueued):
        return error
    return QueueError(
        f"Not queued: {error}",
        code=error.code,
        retry_after_s=error.retry_after_s,
        details=error.details,
    )


@dataclass(frozen=True)
class Desk:
    """What a click is handled with. `save` keeps an entry, its PNGs by sha256, and why."""

    client: Client
    source_info: str
    save: Callable[[Entry, Mapping[str, bytes], Unreachable], None]
    new_entry_id: Callable[[], str]
    now_s: Callable[[], float]
    timestamp: Callable[[], str]


def enqueue(order: Order, desk: Desk) -> Outcome:
    """Queues an order's jobs, one by one; what the queue cannot be told now goes to the outbox.

    Raises `QueueError` when the order is wrong or refused, and `PartlyQueued` when jobs were
    queued before; then nothing is saved.
    """
    _check(order)
    pictures = list(dict.fromkeys(pictures_in(order.params)))
    seeds = seeds_of(order.params, order.repeat, order.seed_rule)
    items = [Item(f"forge-{order.click_id}-{i}", seed) for i, seed in enumerate(seeds)]
    uploads = Uploads(desk.client.upload)
    try:
        uploads.hand_over({picture: picture.png for picture in pictures})
    except Unreachable as error:
        return _save(order, desk, items, uploads, [], error)
    upload_of = {picture: uploads.id_of[uploads.sha256_of[picture]] for picture in pictures}
    body = _body(order, desk, lambda picture: {"upload_id": upload_of[picture]})
    queued: list[Submitted] = []
    for at, item in enumerate(items):
        try:
            queued.append(desk.client.submit(with_seed(body, item.seed), item.key))
        except Unreachable as error:
            tried_at = desk.now_s() if error.may_have_arrived else None
            rest = [Item(item.key, item.seed, tried_at), *items[at + 1 :]]
            return _save(order, desk, rest, uploads, queued, error)
        except QueueError as error:
            raise _after_some(error, len(queued), len(items)) from error
    sentence = queued_sentence(queued, server=order.server, now_s=desk.now_s())
    return Outcome("queued", _jobs(queued), sentence)


def _check(order: Order) -> None:
    if not re.fullmatch(r"[\x21-\x7e]{1,200}", order.click_id):
        raise QueueError("The page sent no usable click id. Reload it.", code="invalid_click")
    if not PRIORITY_FIRST <= order.priority <= PRIORITY_LAST:
        raise QueueError(
            f"The priority goes from {PRIORITY_FIRST} (first) to {PRIORITY_LAST}.",
            code="invalid_priority",
        )
    if not 1 <= order.repeat <= JOBS_PER_CLICK_MAX:
        raise QueueError(f"One click queues 1 to {JOBS_PER_CLICK_MAX} jobs.", code="invalid_repeat")


def _body(order: Order, desk: Desk, stand_in: Callable[[Picture], Any]) -> dict[str, Any]:
    return submit_body(
        replace_pictures(order.params, stand_in),
        server=order.server,
        priority=order.priority,
        source_info=desk.source_info,
    )


def _save(
    order: Order,
    desk: Desk,
    items: list[Item],
    uploads: Uploads,
    queued: list[Submitted],
    error: Unreachable,
) -> Outcome:
    """Keeps the rest of an order: the very body that may have arrived, under the same keys."""
    endpoint = desk.client.endpoint
    sha256_of = uploads.sha256_of
    entry = Entry(
        id=desk.new_entry_id(),
        created_at=desk.timestamp(),
        url=endpoint.url,
        key_start=endpoint.key_start,
        body=_body(order, desk, lambda picture: {PICTURE_KEY: sha256_of[picture]}),
        items=tuple(items),
        pictures=tuple(uploads.png_of),
        uploads=dict(uploads.id_of),
    )
    try:
        desk.save(entry, uploads.png_of, error)
    except QueueError as full:
        raise _after_some(full, len(queued), order.repeat) from error
    saved = len(items)
    sentence = _saved_sentence(len(queued), saved, error)
    return Outcome("queued" if queued else "saved", _jobs(queued), sentence, saved, str(error))


def _saved_sentence(queued: int, saved: int, error: Unreachable) -> str:
    them = "It is" if saved == 1 else "They are"
    later = f"{error} {them} sent when the queue can be reached."
    if queued == 0:
        return f"Saved here: {later}" if saved == 1 else f"{saved} jobs saved here: {later}"
    rest = "the other one is" if saved == 1 else f"the other {saved} are"
    return f"{queued} of {queued + saved} queued; {rest} saved here. {later}"


def _after_some(error: QueueError, queued: int, wanted: int) -> QueueError:
    return error if queued == 0 else PartlyQueued(error, queued, wanted)


def _jobs(queued: list[Submitted]) -> tuple[QueuedJob, ...]:
    return tuple(
        QueuedJob(one.job_id, one.queue_position, one.position_is_minimum, one.estimated_start_time)
        for one in queued
    )
