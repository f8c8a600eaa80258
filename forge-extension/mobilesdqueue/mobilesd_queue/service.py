"""Everything between the page and the queue, behind one object; safe to call from any thread."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from .cloud.backoff import CLICK, ONCE
from .cloud.client import Client
from .cloud.sockets import stopped
from .cloud.transport import Endpoint
from .connection.account import Account
from .connection.known_servers import KnownServers
from .connection.queue_link import Options, QueueLink, Wire
from .connection.words import connected_sentence, disconnected_sentence, warning_for
from .errors import QueueError, Unreachable
from .outbox.entry import Entry, agreed
from .outbox.saved_view import show_saved
from .outbox.sender import OutboxSender
from .outbox.store import OutboxStore
from .queueing import Desk, Order, Outcome, enqueue, not_queued
from .watch import QueueWatch

__all__ = ["Options", "Order", "Outcome", "Service"]

T = TypeVar("T")

_STOP_TIMEOUT_S = 0.8
_JOB_FILTERS = frozenset(
    {"status", "target_server_alias", "group_id", "source_info", "owner", "q", "since", "order"}
    | {"cursor", "limit", "places"}
)


class Service:
    """One per load of Forge's page. Methods raise `QueueError`, whose text is for a person.

    `folder` is private to this Forge (`paths.private_folder`). `options` reads the settings;
    `keep_options(url, api_key)` stores the two that are no secret; empty ones forget all settings.
    """

    def __init__(
        self,
        *,
        folder: Path,
        options: Callable[[], Options],
        keep_options: Callable[[str, str], None],
        environ: Mapping[str, str],
        version: str,
        wire: Wire | None = None,
    ) -> None:
        self._wire = wire or Wire()
        self._now_s = self._wire.now_s
        self._source_info = f"forge-extension/{version}"
        self._stopping = threading.Event()
        self._link = QueueLink(
            folder=folder,
            options=options,
            keep_options=keep_options,
            environ=environ,
            user_agent=f"mobilesd-{self._source_info}",
            wire=self._wire,
            sleep=self._stopping.wait,
        )
        self._servers = KnownServers(now_s=self._now_s)
        self._store = OutboxStore(folder / "outbox", now_s=self._now_s)
        self._watch = QueueWatch(now_s=self._now_s)
        self._sender = OutboxSender(
            self._store,
            client=lambda: self._link.client(self._account().endpoint, ONCE),
            now_s=self._now_s,
            random=self._wire.random,
            on_contact=self._watch.note,
        )

    def start(self) -> None:
        """Starts the thread of the outbox."""
        self._sender.start()

    def stop(self) -> None:
        """Ends everything within a second, for good: after Reload UI there is another service."""
        self._stopping.set()
        self._link.stop()
        self._sender.stop(_STOP_TIMEOUT_S)

    # Queueing

    def queue(self, order: Order) -> Outcome:
        """Queues what a click asks for, or saves it until the queue can be reached.

        What it raises says first what became of the click.
        """
        try:
            return self._queue(order)
        except QueueError as error:
            raise not_queued(error) from error

    def _queue(self, order: Order) -> Outcome:
        account = self._account()
        server = order.server.strip() or self._link.options().server
        server = server or self._servers.only(account.endpoint, self.servers)
        order = replace(order, server=server)
        desk = Desk(
            client=self._client(account),
            source_info=self._source_info,
            save=self._save,
            new_entry_id=lambda: f"{int(self._now_s() * 1000):013d}-{self._wire.new_id()[:8]}",
            now_s=self._now_s,
            timestamp=lambda: _rfc3339(self._now_s()),
        )
        with self._watch.contact(account.endpoint):
            outcome = enqueue(order, desk)
        self._watch.add_waiting(len(outcome.jobs))
        if outcome.problem is not None:
            self._watch.note(account.endpoint, Unreachable(outcome.problem))
        elif self._sender.problem is not None:
            self._sender.wake()
        return outcome

    def discard_saved(self, entry_id: str) -> None:
        """Deletes a saved job; not while it is being sent."""
        if not self._store.discard(entry_id):
            raise QueueError("This job is not saved here any more.", code="not_found")

    def send_saved_now(self, entry_id: str | None = None) -> None:
        """Tries the outbox at once, and with an id also what was refused or is asked about.

        Does not wait for it to be sent.
        """
        if entry_id is not None:
            endpoint = self._account().endpoint
            place = {"url": endpoint.url, "key_start": endpoint.key_start}
            with self._store.taken(entry_id, is_patient=True) as entry:
                if not isinstance(entry, Entry):
                    raise QueueError("This job is not saved here any more.", code="not_found")
                self._store.update(agreed(entry, **place, now_s=self._now_s()))
        self._sender.wake()

    # What the queue has

    def state(self) -> dict[str, Any]:
        """What is known, without waiting for the network; what is old is asked for meanwhile.

        `connected` (true, false, or null before the first contact), `url`, `key_start`, `server`,
        `priority`, `is_from_environment` (nothing can be connected here), `waiting` (jobs of the
        key's owner in line, or null), `outbox` (`id, created_at, tab, prompt, count, standing,
        sentence` each), `error` (sentence or null), `checked_at` (RFC 3339 or null).
        """
        options = self._link.options()
        shown: dict[str, Any] = {"server": options.server, "priority": options.priority}
        shown["is_from_environment"] = self._link.is_from_environment
        try:
            account = self._account()
        except QueueError as error:
            about = {"connected": False, "url": options.url, "key_start": "", "waiting": None}
            about |= {"error": str(error), "checked_at": None}
            return shown | about | {"outbox": self._saved(None)}
        endpoint = account.endpoint
        self._watch.refresh(endpoint, lambda: self._count_waiting(endpoint))
        seen = self._watch.seen(endpoint)
        about = {
            "connected": seen.is_connected,
            "url": endpoint.url,
            "key_start": endpoint.key_start,
            "waiting": seen.waiting,
            "error": seen.problem,
            "checked_at": None if seen.checked_at_s is None else _rfc3339(seen.checked_at_s),
        }
        return shown | about | {"outbox": self._saved(endpoint)}

    def servers(self) -> list[dict[str, Any]]:
        """The servers that jobs can name, with their presence; asked for twice a minute at most."""
        fresh = self._servers.fresh(self._account().endpoint)
        return self._ask_servers() if fresh is None else fresh

    def jobs(self, filters: Mapping[str, str]) -> dict[str, Any]:
        """A page of jobs as the queue lists them. Unknown filters are left out."""
        query = {name: value for name, value in filters.items() if name in _JOB_FILTERS and value}
        return self._ask(lambda client: client.jobs(query))

    def job(self, job_id: str) -> dict[str, Any]:
        """Everything about one job."""
        return self._ask(lambda client: client.job(job_id))

    def cancel(self, job_id: str) -> dict[str, Any]:
        """Cancels a job."""
        return self._ask(lambda client: client.cancel(job_id))

    def retry(self, job_id: str, press_id: str | None = None) -> dict[str, Any]:
        """Makes a new job like a finished one; answers the new one.

        With the `press_id` of an earlier call it is that call's job, also when its answer was lost.
        """
        press_id = press_id or self._wire.new_id()
        if not re.fullmatch(r"[\x21-\x7e]{1,100}", press_id):
            raise QueueError("The page sent no usable id. Reload it.", code="invalid_click")
        key = f"forge-retry-{job_id}-{press_id}"
        return self._ask(lambda client: client.retry(job_id, key))

    def delete(self, job_id: str) -> None:
        """Deletes a job with its pictures."""
        self._ask(lambda client: client.delete(job_id))

    def event_socket(self, server: str, since: str | None = None) -> str:
        """The address of a socket to a server's events, good once and for a minute."""
        return self._ask(lambda client: client.event_socket(server, since))

    def image(self, name: str, kind: Literal["preview", "download"]) -> tuple[str, Iterator[bytes]]:
        """Content type (always a picture's) and the bytes in pieces."""
        return self._ask(lambda client: client.image(name, kind))

    # The connection

    def connect(self, text: str) -> dict[str, Any]:
        """Connects by a pasted link or code; answers like `test`."""
        self._require_running()
        self._link.connect(text)
        return self.test()

    def set_credentials(self, url: str, key: str, secret: str) -> dict[str, Any]:
        """Keeps typed credentials and tests them.

        An empty secret keeps the one that is kept for the same address and key.
        """
        self._link.set_credentials(url, key, secret)
        return self.test()

    def adopt_old_secret(self, secret: str) -> bool:
        """Moves the value of an old option `mobilesd_api_secret` here. True: blank the option."""
        if secret:
            self._link.adopt_old_secret(secret)
        return bool(secret)

    def disconnect(self) -> dict[str, Any]:
        """Forgets the key: `{saved, sentence}`, with how many entries the outbox still has."""
        is_blank = self._link.disconnect()
        saved = len(self._store.entries())
        sentence = disconnected_sentence(saved, is_in_settings=not is_blank)
        return {"saved": saved, "sentence": sentence}

    def test(self) -> dict[str, Any]:
        """Asks the queue now: `{ok, sentence, warning, owner, servers}`. Never raises."""
        shown: dict[str, Any] = {"warning": None, "owner": None, "servers": []}
        try:
            account = self._account()
            shown["warning"] = warning_for(account.endpoint.url)
            servers = self._ask_servers()
        except QueueError as error:
            return shown | {"ok": False, "sentence": str(error)}
        self._sender.wake()
        sentence = connected_sentence(account.endpoint.url, account.owner, servers)
        shown |= {"owner": account.owner, "servers": servers}
        return shown | {"ok": True, "sentence": sentence}

    # Inside

    def _require_running(self) -> None:
        if self._stopping.is_set():
            raise stopped()

    def _account(self) -> Account:
        self._require_running()
        return self._link.account()

    def _client(self, account: Account) -> Client:
        # Somebody waits at the button: what failed a moment ago is tried once, not four times.
        is_failing = self._watch.is_failing(account.endpoint)
        return self._link.client(account.endpoint, ONCE if is_failing else CLICK)

    def _ask(self, call: Callable[[Client], T]) -> T:
        account = self._account()
        with self._watch.contact(account.endpoint):
            return call(self._client(account))

    def _ask_servers(self) -> list[dict[str, Any]]:
        account = self._account()
        with self._watch.contact(account.endpoint):
            servers = self._client(account).servers()
        self._servers.keep(account.endpoint, servers)
        return servers

    def _save(self, entry: Entry, pictures: Mapping[str, bytes], why: Unreachable) -> None:
        self._store.add(entry, pictures)
        self._sender.hold(why)

    def _count_waiting(self, endpoint: Endpoint) -> int:
        # Without an owner in the query the queue lists those of the key's owner: our own.
        query = {"status": "pending", "limit": "1"}
        return self._link.client(endpoint, ONCE).jobs(query)["total"]

    def _saved(self, endpoint: Endpoint | None) -> list[dict[str, Any]]:
        problem, now_s = self._sender.problem, self._now_s()
        return [show_saved(one, endpoint, problem, now_s) for one in self._store.entries()]


def _rfc3339(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
