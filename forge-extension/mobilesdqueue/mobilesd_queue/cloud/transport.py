"""One HTTP request and its answer: no retries, no redirects, no judgement of what was answered."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import urlencode, urlsplit

from ..errors import QueueError, Unreachable
from .limits import ANSWER_TIMEOUT_S, JSON_BYTES_MAX, SEND_PIECE_BYTES
from .network_words import failure_of, late
from .proxy import login_headers, proxy_for
from .sockets import Sockets, stopped

_READ_PIECE_BYTES = 65_536
_KEY_START_CHARS = 8


def is_credential(text: str) -> bool:
    """Whether a text can be a key or a secret: they travel in headers."""
    return re.fullmatch(r"[\x21-\x7e]{1,200}", text) is not None


@dataclass(frozen=True)
class Endpoint:
    """Where a queue is and by which key it is called. The secret shows in no text of it."""

    url: str
    key: str = ""
    secret: str = field(default="", repr=False)
    verify_tls: bool = True

    def __post_init__(self) -> None:
        # What http.client refuses in a header it repeats in its error, and so in a log.
        if not all(is_credential(text) for text in (self.key, self.secret) if text):
            raise QueueError(
                f"The key or the secret for {self.url} has a character that none has. Connect "
                "again in the tab MobileSD Queue.",
                code="not_connected",
            )

    @property
    def key_start(self) -> str:
        """As much of the key as may be shown, to tell it from others."""
        return f"{self.key[:_KEY_START_CHARS]}…" if self.key else ""


@dataclass(frozen=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    headers: Message
    body: bytes = field(repr=False)


class StreamedAnswer:
    """An answer whose body is still on its way; `close` it, or read it to its end."""

    def __init__(self, transport: Transport, open_request: _OpenRequest) -> None:
        self._transport = transport
        self._open = open_request
        self.status = open_request.response.status
        self.headers: Message = open_request.response.headers

    def pieces(self, bytes_max: int) -> Iterator[bytes]:
        """The body, piece by piece; more than `bytes_max` of it is a `QueueError`."""
        response = self._open.response
        left = response.length
        total = 0
        with contextlib.closing(self), self._transport.telling_failures(may_have_arrived=True):
            while left != 0:
                piece = response.read1(
                    _READ_PIECE_BYTES if left is None else min(_READ_PIECE_BYTES, left)
                )
                if not piece:
                    break
                total += len(piece)
                left = None if left is None else left - len(piece)
                if total > bytes_max:
                    raise QueueError("The queue's answer is too large.", code="not_a_queue")
                yield piece
            if left:
                raise http.client.IncompleteRead(b"", left)

    def close(self) -> None:
        self._open.close()


@dataclass
class _OpenRequest:
    connection: http.client.HTTPConnection
    forget: Any
    response: http.client.HTTPResponse

    def close(self) -> None:
        self.response.close()
        self.connection.close()
        self.forget()


class Transport:
    """Requests to one endpoint, from any thread; each has a connection of its own."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        user_agent: str,
        sockets: Sockets,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.endpoint = endpoint
        self._user_agent = user_agent
        self._sockets = sockets
        self._answer_timeout_s = answer_timeout_s
        self._monotonic = monotonic
        self._url = urlsplit(endpoint.url)
        self._tls: ssl.SSLContext | None = None
        self._tls_lock = threading.Lock()

    def request(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        json_body: Any = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        is_signed: bool = True,
    ) -> Answer:
        """The whole answer. Raises `Unreachable` without one, `QueueError` for what is not HTTP."""
        streamed = self.open(
            method,
            path,
            query=query,
            json_body=json_body,
            body=body,
            headers=headers,
            is_signed=is_signed,
        )
        deadline_s = self._monotonic() + 2 * self._answer_timeout_s
        pieces: list[bytes] = []
        for piece in streamed.pieces(JSON_BYTES_MAX):
            pieces.append(piece)
            if self._monotonic() > deadline_s:
                streamed.close()
                raise late(self.endpoint.url, self._answer_timeout_s)
        return Answer(streamed.status, streamed.headers, b"".join(pieces))

    def open(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        json_body: Any = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        is_signed: bool = True,
    ) -> StreamedAnswer:
        """The answer up to its headers; fails like `request`."""
        if json_body is not None:
            body = json.dumps(json_body, ensure_ascii=False, allow_nan=False).encode()
            headers = {"Content-Type": "application/json", **(headers or {})}
        target = path + (f"?{urlencode(query)}" if query else "")
        sent = {**self._headers(is_signed), **(headers or {})}
        if body is not None:
            sent["Content-Length"] = str(len(body))
        elif method == "POST":
            sent["Content-Length"] = "0"
        with self.telling_failures(may_have_arrived=False):
            connection, forget, prefix = self._connect(sent)
        try:
            with self.telling_failures(may_have_arrived=True):
                self._send(connection, method, prefix + target, body, sent)
                response = connection.getresponse()
            return StreamedAnswer(self, _OpenRequest(connection, forget, response))
        except BaseException:
            connection.close()
            forget()
            raise

    def _headers(self, is_signed: bool) -> dict[str, str]:
        headers = {
            "User-Agent": self._user_agent,
            "Accept": "application/json",
            "Connection": "close",
        }
        if is_signed:
            headers["X-API-Key"] = self.endpoint.key
            headers["X-API-Secret"] = self.endpoint.secret
        return headers

    def _connect(self, headers: dict[str, str]) -> tuple[http.client.HTTPConnection, Any, str]:
        """A connection, how to forget it, and the path's prefix: the origin, for a proxy."""
        host = self._url.hostname or ""
        is_tls = self._url.scheme == "https"
        port = self._url.port or (443 if is_tls else 80)
        proxy = proxy_for(self.endpoint.url)
        connection: http.client.HTTPConnection
        if is_tls:
            connection = http.client.HTTPSConnection(host, port, context=self._tls_context())
        else:
            connection = http.client.HTTPConnection(host, port)
        prefix = ""
        if proxy is not None:
            proxy_headers = login_headers(proxy)
            if is_tls:
                connection = http.client.HTTPSConnection(
                    proxy.hostname or "", proxy.port or 8080, context=self._tls_context()
                )
                connection.set_tunnel(host, port, headers=proxy_headers)
            else:
                connection = http.client.HTTPConnection(proxy.hostname or "", proxy.port or 8080)
                prefix = self.endpoint.url
                headers.update(proxy_headers)
        made, forget = self._sockets.connect(connection.host, connection.port)
        made.settimeout(self._answer_timeout_s)
        # How http.client itself lets a caller bring the socket: TLS and tunnel are put onto it.
        connection._create_connection = lambda *_: made  # type: ignore[attr-defined]
        try:
            connection.connect()
        except BaseException:
            made.close()
            forget()
            raise
        return connection, forget, prefix

    def _tls_context(self) -> ssl.SSLContext:
        # Reading the system's certificates takes longer than a request.
        with self._tls_lock:
            if self._tls is None:
                self._tls = ssl.create_default_context()
                if not self.endpoint.verify_tls:
                    self._tls.check_hostname = False
                    self._tls.verify_mode = ssl.CERT_NONE
            return self._tls

    def _send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        body: bytes | None,
        headers: dict[str, str],
    ) -> None:
        pieces = None if body is None else _pieces_of(body)
        try:
            connection.request(method, target, body=pieces, headers=headers)
        except (BrokenPipeError, ConnectionResetError):
            # Who refuses a body may answer and hang up before it is all there: read the answer.
            return

    @contextlib.contextmanager
    def telling_failures(self, *, may_have_arrived: bool) -> Iterator[None]:
        """Turns what the network raises into a sentence."""
        try:
            yield
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            if self._sockets.is_stopped:
                failure: QueueError = stopped()
            else:
                failure = failure_of(error, self.endpoint.url, self._answer_timeout_s)
            if isinstance(failure, Unreachable):
                failure.may_have_arrived = may_have_arrived
            raise failure from error


def _pieces_of(body: bytes) -> Iterator[memoryview]:
    view = memoryview(body)
    for start in range(0, len(view), SEND_PIECE_BYTES):
        yield view[start : start + SEND_PIECE_BYTES]
