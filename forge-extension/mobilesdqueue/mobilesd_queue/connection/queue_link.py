"""The one place that knows which queue is used at the moment, and how it is called."""

from __future__ import annotations

import contextlib
import random as chance
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..cloud.address import origin_of
from ..cloud.backoff import ONCE, Patience, Sleep
from ..cloud.client import Client
from ..cloud.limits import ANSWER_TIMEOUT_S, CONNECT_TIMEOUT_S, PRIORITY_DEFAULT
from ..cloud.sockets import Sockets
from ..cloud.transport import Endpoint, Transport, is_credential
from ..errors import QueueError, Unreachable
from .account import SECRET_VARIABLE, URL_VARIABLE, Account, account_of, is_set_by
from .credentials import Credentials, CredentialsFile, adopted
from .pairing import read_pairing_text

_KEY_NAME = "Forge"


@dataclass(frozen=True)
class Options:
    """The settings of Forge that concern us, as they are at the moment."""

    url: str = ""
    api_key: str = ""
    server: str = ""
    priority: int = PRIORITY_DEFAULT
    verify_tls: bool = True


@dataclass(frozen=True)
class Wire:
    """How requests are made: timeouts, clocks, chance and ids (32 hex digits)."""

    answer_timeout_s: float = ANSWER_TIMEOUT_S
    connect_timeout_s: float = CONNECT_TIMEOUT_S
    now_s: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    random: Callable[[], float] = chance.random
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex


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
        self._sockets = Sockets(connect_timeout_s=wire.connect_timeout_s, monotonic=wire.monotonic)
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
                    monotonic=self._wire.monotonic,
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
        """Turns a pasted link or code into a key of this Forge's own, and keeps it.

        When it cannot be kept, what was kept before still holds.
        """
        self._require_changeable()
        options = self.options()
        pasted = read_pairing_text(text)
        url = pasted.url or self._environ_url or options.url
        if not url:
            raise QueueError(
                "A code alone does not say where its queue is. Paste the whole link, or type the "
                "queue's address above.",
                code="invalid_pairing",
            )
        endpoint = Endpoint(self._allowed(url), verify_tls=options.verify_tls)
        made = self._claim(endpoint, pasted.code, is_address_known=pasted.url is not None)
        owner = made.get("owner") if isinstance(made.get("owner"), str) else None
        self._keep(Credentials(endpoint.url, made["key"], made["secret"], owner))

    def _claim(self, endpoint: Endpoint, code: str, *, is_address_known: bool) -> dict[str, Any]:
        try:
            return self.client(endpoint, ONCE).claim(code, _KEY_NAME)
        except Unreachable as error:
            if is_address_known:
                raise
            sentence = f"{error} Or paste the whole link, which says where the queue is."
            raise QueueError(sentence, code=error.code) from error

    def set_credentials(self, url: str, key: str, secret: str) -> None:
        """Keeps typed credentials. No secret: the one kept for the same address and key."""
        self._require_changeable()
        origin, key, secret = self._allowed(url), key.strip(), secret.strip()
        held = None
        if not secret:
            held = self._file.read()
            if held is None or (held.url, held.key) != (origin, key):
                raise QueueError("Type the secret of this key too.", code="invalid_credentials")
            secret = held.secret
        for what, value in (("key", key), ("secret", secret)):
            if not is_credential(value):
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
        moved = adopted(stored, url=url, key=options.api_key, secret=secret.strip())
        if moved is not None:
            self._file.write(moved)

    def disconnect(self) -> bool:
        """Forgets key, secret and settings. False: the settings are frozen and stay."""
        self._require_changeable()
        self._file.forget()
        try:
            self._keep_options("", "")
        except (QueueError, OSError):
            return False
        return True

    @property
    def is_from_environment(self) -> bool:
        """Whether the environment alone says which queue is used."""
        return is_set_by(self._environ)

    @property
    def _environ_url(self) -> str:
        return self._environ.get(URL_VARIABLE, "").strip()

    def _require_changeable(self) -> None:
        if self.is_from_environment:
            raise QueueError(
                f"The connection is set by {SECRET_VARIABLE} in Forge's environment. Change it "
                "there, and start Forge again.",
                code="set_by_environment",
            )

    def _allowed(self, url: str) -> str:
        """The origin of an address, unless the environment names another one."""
        origin, fixed = origin_of(url), self._environ_url
        if fixed and origin_of(fixed) != origin:
            raise QueueError(
                f"{URL_VARIABLE} in Forge's environment names another queue, {origin_of(fixed)}. "
                "Connect to that one, or change it there and start Forge again.",
                code="set_by_environment",
            )
        return origin

    def _keep(self, credentials: Credentials) -> None:
        """Settings first: they can be put back, and a file that is replaced is gone."""
        before = self.options()
        try:
            self._keep_options(credentials.url, credentials.key)
            self._file.write(credentials)
        except (QueueError, OSError) as error:
            # The first failure is the one to tell.
            with contextlib.suppress(QueueError, OSError):
                self._keep_options(before.url, before.api_key)
            if isinstance(error, QueueError):
                raise
            raise QueueError(
                f"Forge's settings could not be saved ({error.strerror}). Nothing was changed.",
                code="not_kept",
            ) from error
