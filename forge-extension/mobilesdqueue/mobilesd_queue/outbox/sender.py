"""The thread that empties the outbox. It sleeps when there is nothing to send."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

from ..cloud.answers import CONNECTION_CODES
from ..cloud.backoff import full_jitter_s
from ..cloud.client import Client
from ..cloud.transport import Endpoint
from ..errors import QueueError, Unreachable
from .delivery import deliver
from .entry import Entry, standing_of
from .lock import FolderLock
from .store import OutboxStore

_log = logging.getLogger(__name__)

_WAIT_BASE_S = 2.0
_WAIT_CAP_S = 300.0
_WAIT_MIN_S = 1.0
_IDLE_LOOK_S = 30.0
"""Another process may have saved something, or may have stopped sending."""

_HOLDING_CODES = CONNECTION_CODES | {"forbidden"}
"""Refusals that hold for every job: they wait until the connection is in order."""


class OutboxSender:
    """Sends entries, oldest first, one at a time. `client` gives the connection of the moment."""

    def __init__(
        self,
        store: OutboxStore,
        *,
        client: Callable[[], Client],
        now_s: Callable[[], float],
        random: Callable[[], float],
        on_contact: Callable[[Endpoint, QueueError | None], None],
        idle_look_s: float = _IDLE_LOOK_S,
        wait_base_s: float = _WAIT_BASE_S,
    ) -> None:
        self._store = store
        self._client = client
        self._now_s = now_s
        self._random = random
        self._on_contact = on_contact
        self._idle_look_s = idle_look_s
        self._wait_base_s = wait_base_s
        self._lock = FolderLock(store.folder / ".lock")
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._failures = 0
        self._pause_s = 0.0
        self.sending_id: str | None = None
        self.problem: str | None = None

    def start(self) -> None:
        """Starts the thread, once."""
        if self._thread is None and not self._stopping.is_set():
            self._thread = threading.Thread(target=self._run, name="mobilesd-outbox", daemon=True)
            self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Ends the thread; what it was sending stays in the outbox. Cut its connections first."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def wake(self) -> None:
        """Has it look at once, whatever it waits for."""
        self._failures = 0
        self._pause_s = 0.0
        self._wake.set()

    def hold(self, error: Unreachable) -> None:
        """Something was saved because of this: it is tried after a pause, not at once."""
        if self._failures and not error.retry_after_s:
            return
        self._pause_s = self._wait_after(error)
        self._wake.set()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._wake.clear()
                pause_s, self._pause_s = self._pause_s, 0.0
                self._wake.wait(pause_s or self._round())
        finally:
            if self._lock.is_held:
                self._store.remove_if_empty()
            self._lock.release()

    def _round(self) -> float:
        """Sends what can be sent; the seconds until it is worth another look."""
        client = None
        try:
            entries = [one for one in self._store.entries() if isinstance(one, Entry)]
            if not entries:
                self.problem = None
                return self._idle_look_s
            if not self._lock.acquire():
                return self._idle_look_s
            self._store.sweep()
            client = self._client()
            for entry in entries:
                self._send(entry, client)
                if self._stopping.is_set():
                    break
        except (QueueError, OSError) as error:
            if client is not None and isinstance(error, QueueError):
                self._on_contact(client.endpoint, error)
            return self._wait_after(error)
        self._failures = 0
        self.problem = None
        return self._idle_look_s

    def _send(self, entry: Entry, client: Client) -> None:
        endpoint = client.endpoint
        standing, _ = standing_of(
            entry, url=endpoint.url, key_start=endpoint.key_start, now_s=self._now_s()
        )
        if standing != "waiting":
            return
        self.sending_id = entry.id
        try:
            deliver(entry, store=self._store, client=client, now_s=self._now_s)
            _log.info("a saved job was sent to %s", endpoint.url)
            self._on_contact(endpoint, None)
        except FileNotFoundError:
            _log.info("a saved job was discarded while it was sent")
        except QueueError as error:
            if isinstance(error, Unreachable) or error.code in _HOLDING_CODES:
                raise
            self._refuse(entry.id, str(error))
        finally:
            self.sending_id = None

    def _refuse(self, entry_id: str, sentence: str) -> None:
        current = next((one for one in self._store.entries() if one.id == entry_id), None)
        if isinstance(current, Entry):
            self._store.update(replace(current, refusal=sentence))

    def _wait_after(self, error: QueueError | OSError) -> float:
        attempt, self._failures = self._failures, self._failures + 1
        jitter_s = full_jitter_s(
            attempt, base_s=self._wait_base_s, cap_s=_WAIT_CAP_S, random=self._random
        )
        if isinstance(error, OSError):
            self.problem = f"The folder of saved jobs cannot be used ({error.strerror})."
            _log.warning("%s", self.problem)
            return max(_WAIT_MIN_S, jitter_s)
        self.problem = str(error)
        return max(min(_WAIT_MIN_S, self._wait_base_s), jitter_s, error.retry_after_s or 0.0)
