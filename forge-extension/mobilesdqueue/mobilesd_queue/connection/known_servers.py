"""The servers that a queue named last, for the moment and for when it is away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..cloud.transport import Endpoint
from ..errors import QueueError, Unreachable
from .words import no_server_sentence, no_server_while_away

_FRESH_S = 30.0


class KnownServers:
    """Those of one endpoint at a time."""

    def __init__(self, *, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._held: tuple[Endpoint, float, list[dict[str, Any]]] | None = None

    def keep(self, endpoint: Endpoint, servers: list[dict[str, Any]]) -> None:
        """Remembers what a queue answered just now."""
        self._held = (endpoint, self._now_s(), servers)

    def fresh(self, endpoint: Endpoint) -> list[dict[str, Any]] | None:
        """What was answered within the last half minute."""
        held = self._held
        if held is None or held[0] != endpoint or self._now_s() - held[1] >= _FRESH_S:
            return None
        return held[2]

    def names(self, endpoint: Endpoint) -> list[str]:
        """The aliases that were answered last, however long ago."""
        held = self._held
        return _names(held[2]) if held and held[0] == endpoint else []

    def only(self, endpoint: Endpoint, ask: Callable[[], list[dict[str, Any]]]) -> str:
        """The one server that there is, as far as is known; asks where that is not one.

        Raises `QueueError` (`no_server`), whose sentence says what to choose.
        """
        names = self.names(endpoint)
        if len(names) != 1:
            try:
                names = _names(ask())
            except Unreachable as error:
                if error.code == "stopped":
                    raise
                sentence = no_server_while_away(str(error), names)
                raise QueueError(sentence, code="no_server") from error
        if len(names) == 1:
            return names[0]
        raise QueueError(no_server_sentence(names), code="no_server")


def _names(servers: list[dict[str, Any]]) -> list[str]:
    return [one["alias"] for one in servers]
