"""Everything between the page and the queue, behind one object; safe to call from any thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from .queueing import Order, Outcome


@dataclass(frozen=True)
class Options:
    """The settings of Forge that concern us, as they are at the moment."""

    url: str = ""
    api_key: str = ""
    server: str = ""
    priority: int = 5
    verify_tls: bool = True


class Service:
    """One per load of Forge's page. Every method may raise `QueueError`, whose text is for a person.

    `folder` is private to this Forge (`paths.private_folder`). `options` reads the settings;
    `keep_options(url, api_key)` stores the two that are no secret.
    """

    def __init__(
        self,
        *,
        folder: Path,
        options: Callable[[], Options],
        keep_options: Callable[[str, str], None],
        environ: Mapping[str, str],
        version: str,
    ) -> None: ...

    def start(self) -> None:
        """Starts the thread of the outbox."""

    def stop(self) -> None:
        """Ends everything within a second, for good: after Reload UI there is another service."""

    def queue(self, order: Order) -> Outcome: ...

    def state(self) -> dict[str, Any]:
        """What is known, without asking: `connected` (bool or null), `url`, `key_start`, `server`,
        `priority`, `waiting` (jobs, or null), `outbox` ([{id, created_at, tab, prompt, count,
        sentence, state}]), `error` (sentence or null), `checked_at` (RFC 3339 or null)."""

    def servers(self) -> list[dict[str, Any]]: ...

    def jobs(self, filters: Mapping[str, str]) -> dict[str, Any]: ...

    def job(self, job_id: str) -> dict[str, Any]: ...

    def cancel(self, job_id: str) -> dict[str, Any]: ...

    def retry(self, job_id: str) -> dict[str, Any]: ...

    def delete(self, job_id: str) -> None: ...

    def image(
        self, name: str, kind: Literal["preview", "download"]
    ) -> tuple[str, Iterator[bytes]]:
        """Content type (always a picture's) and the bytes in pieces."""

    def discard_saved(self, entry_id: str) -> None: ...

    def send_saved_now(self, entry_id: str | None = None) -> None:
        """Tries the outbox at once: all that waits, or one entry, asked-about ones too."""

    def connect(self, text: str) -> dict[str, Any]:
        """Connects by a pasted link or code; answers like `test`."""

    def set_credentials(self, url: str, key: str, secret: str) -> dict[str, Any]:
        """Keeps typed credentials; an empty secret keeps the stored one of the same url and key."""

    def adopt_old_secret(self, secret: str) -> bool:
        """Moves the value of an old option `mobilesd_api_secret` here. True: blank the option now."""

    def disconnect(self) -> dict[str, Any]:
        """Forgets the key. `{saved: n}`: jobs that are still in the outbox."""

    def test(self) -> dict[str, Any]:
        """Asks the queue now: `{ok, sentence, owner, servers, warning}`; never raises."""
