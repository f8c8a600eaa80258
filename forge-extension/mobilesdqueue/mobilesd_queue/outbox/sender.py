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
from .store import OutboxStore

_log = logging.getLogger(__name__)

_WAIT_BASE_S = 2.0
_WAIT_CAP_S = 300.0
_WAIT_MIN_S = 1.0
_IDLE_LOOK_S = 30.0
"""Another process may have saved something, or may have stopped sending."""

_FAILURES_MAX = 3
"""So many entries in a row may fail before it looks like the queue's fault and not theirs."""

_HOLDING_CODES = CONNECTION_CODES | {"forbidden"}
"""Refusals that hold for every job: they wait until the connection is in order."""

_PICTURE_MISSING = "A picture of this job is missing here: discard it and queue it again."


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
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._failures = 0
        self._pause_s = 0.0
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
        while not self._stopping.is_set():
            self._wake.clear()
            pause_s, self._pause_s = self._pause_s, 0.0
            self._wake.wait(pause_s or self._round())
        self._store.remove_if_empty()

    def _round(self) -> float:
        """Sends what can be sent; the seconds until it is worth another look."""
        failure: Exception | None = None
        try:
            entries = [one for one in self._store.entries() if isinstance(one, Entry)]
            if entries:
                self._store.sweep()
                failure = self._send_all(entries, self._client())
        except Exception as error:
            # Whatever it is, this thread lives on: a saved job is sent by nobody else.
            failure = error
        if failure is not None:
            return self._wait_after(failure)
        self._failures = 0
        self.problem = None
        return self._idle_look_s

    def _send_all(self, entries: list[Entry], client: Client) -> Exception | None:
        """The first failure, if any. What fails one entry alone does not hold up the next."""
        first: Exception | None = None
        # With every vain round one more is tried, so that no number of bad ones bars the rest.
        failures_left = _FAILURES_MAX + self._failures
        is_heard = False
        for entry in entries:
            if self._stopping.is_set():
                break
            try:
                is_heard = self._send(entry.id, client) or is_heard
            except Exception as error:
                first = first or error
                failures_left -= 1
                if _holds_for_all(error) or failures_left == 0:
                    break
        if first is not None and isinstance(first, QueueError) and not is_heard:
            self._on_contact(client.endpoint, first)
        return first

    def _send(self, entry_id: str, client: Client) -> bool:
        """Sends an entry that may go by itself. True: the queue has all of it."""
        with self._store.taken(entry_id) as entry:
            if not isinstance(entry, Entry) or not self._may_go(entry, client.endpoint):
                return False
            try:
                deliver(entry, store=self._store, client=client, now_s=self._now_s)
            except FileNotFoundError:
                self._refuse(entry_id, _PICTURE_MISSING)
                return False
            except QueueError as error:
                if isinstance(error, Unreachable) or error.code in _HOLDING_CODES:
                    raise
                self._refuse(entry_id, str(error))
                return False
        _log.info("a saved job was sent to %s", client.endpoint.url)
        self._on_contact(client.endpoint, None)
        return True

    def _may_go(self, entry: Entry, endpoint: Endpoint) -> bool:
        place = {"url": endpoint.url, "key_start": endpoint.key_start}
        return standing_of(entry, **place, now_s=self._now_s())[0] == "waiting"

    def _refuse(self, entry_id: str, sentence: str) -> None:
        current = next((one for one in self._store.entries() if one.id == entry_id), None)
        if isinstance(current, Entry):
            self._store.update(replace(current, refusal=sentence))
        else:
            _log.info("a saved job went while it was sent")

    def _wait_after(self, error: Exception) -> float:
        attempt, self._failures = self._failures, self._failures + 1
        jitter_s = full_jitter_s(
            attempt, base_s=self._wait_base_s, cap_s=_WAIT_CAP_S, random=self._random
        )
        self.problem = _problem_of(error)
        if not isinstance(error, QueueError):
            _log.warning("%s", self.problem)
        asked_s = error.retry_after_s if isinstance(error, QueueError) else None
        return max(min(_WAIT_MIN_S, self._wait_base_s), jitter_s, asked_s or 0.0)


def _holds_for_all(error: Exception) -> bool:
    """Whether the next entry would fail likewise."""
    if isinstance(error, Unreachable):
        return not error.has_answered or bool(error.retry_after_s)
    return isinstance(error, QueueError) and error.code in _HOLDING_CODES


def _problem_of(error: Exception) -> str:
    if isinstance(error, QueueError):
        return "Another Forge is sending it." if error.code == "being_sent" else str(error)
    if isinstance(error, OSError):
        return f"Saved jobs cannot be read or changed on this machine ({error.strerror})."
    # Not the error's text: it may repeat what nobody shall read.
    kind = type(error).__name__
    return f"It is not sent: something broke in the extension ({kind}). Update it, please."
