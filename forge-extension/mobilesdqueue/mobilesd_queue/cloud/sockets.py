"""Connections that can be ended from another thread, so that a stop never waits for the network."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
import weakref
from collections.abc import Callable

from ..errors import Unreachable

_LOOK_EVERY_S = 0.1


def stopped() -> Unreachable:
    """What a request ends with that was cut off by `Sockets.stop`, or comes after it."""
    return Unreachable("Forge's page was loaded anew; reload it in the browser.", code="stopped")


class Sockets:
    """Opens sockets and remembers them while they are in use. `stop` is final."""

    def __init__(
        self, *, connect_timeout_s: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._connect_timeout_s = connect_timeout_s
        self._monotonic = monotonic
        self._lock = threading.Lock()
        # An answer that nobody reads to its end takes its handle along.
        self._handles: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self.is_stopped = False

    def stop(self) -> None:
        """Ends every open connection at once, and refuses new ones."""
        with self._lock:
            self.is_stopped = True
            for handle in self._handles:
                with contextlib.suppress(OSError):  # the other side may have ended it already
                    handle.shutdown(socket.SHUT_RDWR)

    def connect(self, host: str, port: int) -> tuple[socket.socket, Callable[[], None]]:
        """A connected socket, and what to call when it is done with. Raises `OSError`.

        The name lookup is the system's own and cannot be cut short.
        """
        found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
        each_s = max(2.0, self._connect_timeout_s / len(found))
        problem: OSError = OSError("no address")
        for family, kind, protocol, _, address in found:
            made = socket.socket(family, kind, protocol)
            try:
                self._await_connection(made, address, min(each_s, self._connect_timeout_s))
                return made, self._watch(made)
            except OSError as error:
                made.close()
                problem = error
            except BaseException:
                made.close()
                raise
        raise problem

    def _await_connection(self, made: socket.socket, address: tuple, timeout_s: float) -> None:
        made.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            made.connect(address)
        deadline_s = self._monotonic() + timeout_s
        with selectors.DefaultSelector() as selector:
            selector.register(made, selectors.EVENT_WRITE)
            while not selector.select(_LOOK_EVERY_S):
                if self.is_stopped:
                    raise stopped()
                if self._monotonic() > deadline_s:
                    raise TimeoutError("connecting took too long")
        code = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, "connecting failed")

    def _watch(self, made: socket.socket) -> Callable[[], None]:
        # A duplicate stays valid when TLS takes the socket over, and ends the same connection.
        handle = made.dup()
        with self._lock:
            if self.is_stopped:
                handle.close()
                raise stopped()
            self._handles.add(handle)

        def forget() -> None:
            with self._lock:
                self._handles.discard(handle)
            handle.close()

        return forget
