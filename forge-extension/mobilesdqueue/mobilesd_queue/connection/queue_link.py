"""The one place that knows which queue is used at the moment, and how it is called."""

from __future__ import annotations

import random as chance
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..cloud.address import origin_of
from ..cloud.backoff import ONCE, Patience, Sleep
from ..cloud.client import Client
from ..cloud.limits import ANSWER_TIMEOUT_S, CONNECT_TIMEOUT_S
from ..cloud.sockets import Sockets
from ..cloud.transport import Endpoint, Transport
from ..errors import QueueError
from .account import Account, account_of
from .credentials import Credentials, CredentialsFile, adopted
from .pairing import read_pairing_text

_KEY_NAME = "Forge"


@dataclass(frozen=True)
class Options:
    """The settings of Forge that concern us, as they are at the moment."""

    url: str = ""
    api_key: str = ""
    server: str = ""
    priority: int = 5
    verify_tls: bool = True


@dataclass(frozen=True)
class Wire:
    """How requests are made: timeouts, clocks and chance."""

    answer_timeout_s: float = ANSWER_TIMEOUT_S
    connect_timeout_s: float = CONNECT_TIMEOUT_S
    now_s: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    random: Callable[[], float] = chance.random


class QueueLink:
    """Accounts and clients by settings, environment and the file of the secret.

    `keep_options(url, api_key)` stores the two settings that are no secret. `sleep` is ended by
    a stop.
    """

    def __init__(
        self,
        *,
        folder: Path,
        options: Callable[[], Options],
        keep_options: Callable[[str, str], None],
        environ: Mapping[str, str],
        user_agent: str,
        wire: Wire,
        sleep: Sleep,
    ) -> None:
        self.options = options
        self._keep_options = keep_options
        self._environ = environ
        self._user_agent = user_agent
        self._wire = wire
        self._sleep = sleep
        self._file = CredentialsFile(folder)
        self._sockets = Sockets(connect_timeout_s=wire.connect_timeout_s)
        self._lock = threading.Lock()
        self._transport: Transport | None = None

    def stop(self) -> None:
        """Ends every request, for good."""
        self._sockets.stop()

    def account(self) -> Account:
        """The account of the moment. Raises `QueueError` (`not_connected`)."""
        options = self.options()
        return account_of(
            url=options.url,
            key=options.api_key,
            verify_tls=options.verify_tls,
            stored=self._file.read(),
            environ=self._environ,
        )

    def client(self, endpoint: Endpoint, patience: Patience) -> Client:
        """Calls to an endpoint."""
        with self._lock:
            if self._transport is None or self._transport.endpoint != endpoint:
                self._transport = Transport(
                    endpoint,
                    user_agent=self._user_agent,
                    sockets=self._sockets,
                    answer_timeout_s=self._wire.answer_timeout_s,
                )
            transport = self._transport
        return Client(
            transport,
            sleep=self._sleep,
            patience=patience,
            monotonic=self._wire.monotonic,
            now_s=self._wire.now_s,
            random=self._wire.random,
        )

    def connect(self, text: str) -> None:
        """Turns a pasted link or code into a key of this Forge's own, and keeps it."""
        options = self.options()
        pasted = read_pairing_text(text)
        url = pasted.url or self._environ.get("MOBILESD_URL") or options.url
        if not url:
            raise QueueError(
                "A code alone does not say where its queue is. Paste the whole link, or type the "
                "queue's address above.",
                code="invalid_pairing",
            )
        endpoint = Endpoint(origin_of(url), verify_tls=options.verify_tls)
        made = self.client(endpoint, ONCE).claim(pasted.code, _KEY_NAME)
        owner = made.get("owner") if isinstance(made.get("owner"), str) else None
        self._keep(Credentials(endpoint.url, made["key"], made["secret"], owner))

    def set_credentials(self, url: str, key: str, secret: str) -> None:
        """Keeps typed credentials. No secret: the one kept for the same address and key."""
        origin, key, secret = origin_of(url), key.strip(), secret.strip()
        held = None
        if not secret:
            held = self._file.read()
            if held is None or (held.url, held.key) != (origin, key):
                raise QueueError("Type the secret of this key too.", code="invalid_credentials")
            secret = held.secret
        for what, value in (("key", key), ("secret", secret)):
            if not re.fullmatch(r"[\x21-\x7e]{1,200}", value):
                raise QueueError(f"This is not a {what}.", code="invalid_credentials")
        self._keep(Credentials(origin, key, secret, held.owner if held else None))

    def adopt_old_secret(self, secret: str) -> None:
        """Keeps a secret that was found in the options, unless there is one already."""
        options = self.options()
        try:
            url = origin_of(options.url)
        except QueueError:
            url = ""  # a secret without an address is kept, and goes nowhere
        try:
            stored = self._file.read()
        except QueueError:
            stored = None  # damaged: this is the better one
        moved = adopted(stored, url=url, key=options.api_key, secret=secret)
        if moved is not None:
            self._file.write(moved)

    def disconnect(self) -> None:
        """Forgets key and secret."""
        self._file.forget()
        self._keep_options("", "")

    def _keep(self, credentials: Credentials) -> None:
        self._file.write(credentials)
        self._keep_options(credentials.url, credentials.key)
