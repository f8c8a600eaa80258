"""An outbox with a real sender on it, before a server that answers."""

from __future__ import annotations

from dataclasses import replace

from mobilesd_queue.cloud.backoff import ONCE
from mobilesd_queue.cloud.client import Client
from mobilesd_queue.cloud.sockets import Sockets
from mobilesd_queue.cloud.transport import Endpoint, Transport
from mobilesd_queue.errors import QueueError
from mobilesd_queue.outbox.entry import Entry, Item
from mobilesd_queue.outbox.sender import OutboxSender
from mobilesd_queue.outbox.store import OutboxStore
from support.entries import PNG, SHA

BODY = {"generation_params": {"img2img": {"init_image": {"mobilesd_picture": SHA}}}}
KEY_START = "msk_1234…"


class Outbox:
    """A store with senders on it, as processes would have them."""

    def __init__(self, folder, url):
        self.store = OutboxStore(folder / "outbox")
        self.url = url
        self.sockets = Sockets(connect_timeout_s=2.0)
        self.senders: list[OutboxSender] = []
        self.now_s = 1_000_000.0
        self.contacts: list[QueueError | None] = []

    def client(self):
        transport = Transport(
            Endpoint(self.url, "msk_123456789", "mss_x"),
            user_agent="test",
            sockets=self.sockets,
            answer_timeout_s=5.0,
        )
        return Client(transport, sleep=lambda _: False, patience=ONCE)

    def start(self, **changes):
        sender = OutboxSender(
            self.store,
            client=self.client,
            now_s=lambda: self.now_s,
            random=lambda: 0.5,
            on_contact=lambda _, error: self.contacts.append(error),
            **{"wait_base_s": 0.01, "idle_look_s": 0.02, **changes},
        )
        self.senders.append(sender)
        sender.start()
        return sender

    def entry(self, number=1, *, with_picture=True, **changes):
        entry = Entry(
            id=f"{number:013d}-00000000",
            created_at="2026-11-26T01:00:00Z",
            url=self.url,
            key_start=KEY_START,
            body=BODY if with_picture else {"generation_params": {}},
            items=(Item(f"forge-{number}-0", None),),
            pictures=(SHA,) if with_picture else (),
            uploads={},
        )
        return replace(entry, **changes)

    def save(self, number=1, **changes):
        entry = self.entry(number, **changes)
        self.store.add(entry, {SHA: PNG} if entry.pictures else {})
        return entry

    def only(self):
        (entry,) = self.store.entries()
        return entry

    @property
    def is_empty(self):
        return self.store.entries() == []

    def stop(self):
        self.sockets.stop()
        for sender in self.senders:
            sender.stop(1.0)
