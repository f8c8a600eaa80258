"""What is known of the queue from the last contact with it, and how old that is."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from .cloud.answers import CONNECTION_CODES
from .cloud.transport import Endpoint
from .errors import QueueError, Unreachable

_WAITING_AGE_MAX_S = 5.0
_IDLE_AGE_MAX_S = 30.0
_FAILING_AGE_MAX_S = 30.0


@dataclass(frozen=True)
class Seen:
    """The last contact. `waiting` counts own jobs in line; None is unknown."""

    is_connected: bool | None = None
    problem: str | None = None
    waiting: int | None = None
    checked_at_s: float | None = None


class QueueWatch:
    """Remembers contacts with one endpoint; with another one it begins anew."""

    def __init__(self, *, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._lock = threading.Lock()
        self._endpoint: Endpoint | None = None
        self._seen = Seen()
        self._counted_at_s: float | None = None
        self._is_counting = False

    def seen(self, endpoint: Endpoint) -> Seen:
        """What is known now."""
        with self._lock:
            return self._seen if endpoint == self._endpoint else Seen()

    def is_failing(self, endpoint: Endpoint) -> bool:
        """Whether the queue could not be reached a moment ago."""
        seen = self.seen(endpoint)
        if seen.is_connected is not False or seen.checked_at_s is None:
            return False
        return self._now_s() - seen.checked_at_s < _FAILING_AGE_MAX_S

    def note(self, endpoint: Endpoint, error: QueueError | None) -> None:
        """Remembers how a contact went. Who refuses one request is connected all the same."""
        if error is not None and error.code == "stopped":
            return
        is_down = isinstance(error, Unreachable) or (
            error is not None and error.code in CONNECTION_CODES
        )
        with self._lock:
            self._begin(endpoint)
            self._seen = replace(
                self._seen,
                is_connected=not is_down,
                problem=str(error) if is_down else None,
                checked_at_s=self._now_s(),
            )

    @contextlib.contextmanager
    def contact(self, endpoint: Endpoint) -> Iterator[None]:
        """Notes how what is done inside goes."""
        try:
            yield
        except QueueError as error:
            self.note(endpoint, error)
            raise
        self.note(endpoint, None)

    def add_waiting(self, jobs: int) -> None:
        """Counts jobs that were queued just now, until the queue is asked again."""
        with self._lock:
            if self._seen.waiting is not None:
                self._seen = replace(self._seen, waiting=self._seen.waiting + jobs)
            self._counted_at_s = None

    def refresh(self, endpoint: Endpoint, count: Callable[[], int]) -> None:
        """Has the own waiting jobs counted in the background, when the last count is old."""
        with self._lock:
            self._begin(endpoint)
            if self._is_counting or not self._is_old():
                return
            self._is_counting = True
            self._counted_at_s = self._now_s()
        name = "mobilesd-watch"
        threading.Thread(target=self._count, args=(endpoint, count), name=name, daemon=True).start()

    def _begin(self, endpoint: Endpoint) -> None:
        if endpoint != self._endpoint:
            self._endpoint = endpoint
            self._seen = Seen()
            self._counted_at_s = None

    def _is_old(self) -> bool:
        if self._counted_at_s is None:
            return True
        age_max_s = _WAITING_AGE_MAX_S if self._seen.waiting else _IDLE_AGE_MAX_S
        return self._now_s() - self._counted_at_s >= age_max_s

    def _count(self, endpoint: Endpoint, count: Callable[[], int]) -> None:
        try:
            with self.contact(endpoint):
                waiting = count()
            with self._lock:
                if endpoint == self._endpoint:
                    self._seen = replace(self._seen, waiting=waiting)
        except QueueError:
            # Noted by `contact`, and shown with the state.
            return
        finally:
            with self._lock:
                self._is_counting = False
