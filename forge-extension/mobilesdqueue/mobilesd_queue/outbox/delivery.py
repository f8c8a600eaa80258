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
    """Sends what an entry still has, and removes it. The caller has it `taken`.

    A crash at any point leaves an entry that goes on where this one stopped. Raises what the
    queue refused (`QueueError`), or `Unreachable`; OSError when the entry is gone meanwhile.
    """
    if entry.url != client.endpoint.url:
        # Uploads of another queue mean nothing to this one.
        entry = replace(entry, uploads={})
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
    endpoint = client.endpoint
    tried = entry.tried(item, now_s(), url=endpoint.url, key_start=endpoint.key_start)
    store.update(tried)
    try:
        client.submit(with_seed(body_with_uploads(tried), item.seed), item.key)
    except Unreachable as error:
        if not error.may_have_arrived:
            # As it was, with what is known of earlier tries and what its owner allowed.
            store.update(entry)
        raise
    rest = tried.without(tried.items[0])
    if rest.items:
        store.update(rest)
    return rest
