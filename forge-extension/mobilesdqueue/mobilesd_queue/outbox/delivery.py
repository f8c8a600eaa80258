"""One entry on its way to the queue: pictures, then jobs, each step noted before the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from ..cloud.client import Client
from ..cloud.submit import with_seed
from ..cloud.uploads import Uploads
from ..errors import QueueError, Unreachable
from .entry import Entry, Item, body_with_uploads, missing_uploads
from .store import OutboxStore


def deliver(
    entry: Entry, *, store: OutboxStore, client: Client, now_s: Callable[[], float]
) -> None:
    """Sends what an entry still has, and removes it.

    A crash at any point leaves an entry that goes on where this one stopped. Raises what the
    queue refused (`QueueError`), or `Unreachable`; OSError when the entry is gone meanwhile.
    """
    entry = _meant_for(entry, client)
    while entry.items:
        item = entry.items[0]
        try:
            entry = _send(entry, item, store, client, now_s)
        except QueueError as error:
            if error.code != "unknown_upload" or not entry.pictures:
                raise
            # The queue looks for an earlier submit of this key first: there was none. So the
            # uploads expired, and the body may change.
            entry = _with_uploads(replace(entry, uploads={}), entry.pictures, store, client)
            entry = _send(entry, entry.items[0], store, client, now_s)
    store.remove(entry.id)


def _meant_for(entry: Entry, client: Client) -> Entry:
    """What goes to another queue or by another key than before was never tried there."""
    url, key_start = client.endpoint.url, client.endpoint.key_start
    if (entry.url, entry.key_start) == (url, key_start) and not entry.is_allowed:
        return entry
    items = tuple(replace(item, tried_at=None) for item in entry.items)
    return replace(entry, url=url, key_start=key_start, items=items, is_allowed=False)


def _with_uploads(
    entry: Entry, pictures: Iterable[str], store: OutboxStore, client: Client
) -> Entry:
    uploads = Uploads(client.upload)
    try:
        uploads.hand_over({sha: partial(store.picture, entry.id, sha) for sha in pictures})
    finally:
        entry = replace(entry, uploads={**entry.uploads, **uploads.id_of})
        store.update(entry)
    return entry


def _send(
    entry: Entry, item: Item, store: OutboxStore, client: Client, now_s: Callable[[], float]
) -> Entry:
    missing = list(missing_uploads(entry))
    if missing:
        entry = _with_uploads(entry, missing, store, client)
    untried, entry = entry, entry.tried(item, now_s())
    store.update(entry)
    marked = entry.items[0]
    try:
        client.submit(with_seed(body_with_uploads(entry), item.seed), item.key)
    except Unreachable as error:
        if not error.may_have_arrived:
            store.update(untried)
        raise
    entry = entry.without(marked)
    if entry.items:
        store.update(entry)
    return entry
