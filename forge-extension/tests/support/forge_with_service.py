"""A Forge with settings that a service reads and writes, and a queue to connect it to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from mobilesd_queue.connection.queue_link import Wire
from mobilesd_queue.service import Options, Order, Service
from support.answering_server import AnsweringServer, Reply

KEY = {"key": "msk_abcdefghijk", "secret": "mss_secret", "owner": "anna"}
CODE = "7K3M-Q2XW-9RTD"
PARAMS = {"positive_prompt": "a lighthouse", "checkpoint_name": "a", "seed": 7}


class Forge:
    """One folder with its settings; each `load` is a service as a page's load makes one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = {"url": "", "api_key": "", "server": "", "priority": 5, "verify_tls": True}
        self.environ: dict[str, str] = {}
        self.services: list[Service] = []
        self.frozen: Exception | None = None

    def keep(self, url: str, api_key: str) -> None:
        """As Forge's settings do: nothing that changes passes while they are frozen."""
        changed = {"url": url, "api_key": api_key}
        if self.frozen and changed.items() - self.settings.items():
            raise self.frozen
        self.settings |= changed

    def load(self, **wire) -> Service:
        made = Service(
            folder=self.folder,
            options=lambda: Options(**self.settings),
            keep_options=self.keep,
            environ=self.environ,
            version="9",
            wire=Wire(**{"random": lambda: 0.01, "answer_timeout_s": 5.0, **wire}),
        )
        self.services.append(made)
        made.start()
        return made

    def stop(self) -> None:
        for service in self.services:
            service.stop()


@contextlib.contextmanager
def pairing_server() -> Iterator[AnsweringServer]:
    """A queue that gives its key for the first code."""
    with AnsweringServer() as running:
        running.script("/api/v1/pairings/claim", Reply(201, {"for": "extension", "key": KEY}))
        yield running


def link_of(server: AnsweringServer) -> str:
    return f"{server.url}/#pair={CODE}"


def order(click_id: str = "click", **changes) -> Order:
    return Order(**{"params": PARAMS, "server": "", "priority": 5, "click_id": click_id, **changes})
