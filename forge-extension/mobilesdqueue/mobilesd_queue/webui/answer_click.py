"""What a click leads to, from the values of the page to the words at the button."""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from threading import Lock
from typing import Any
from uuid import UUID, uuid4

from mobilesd_queue.capture.job import generation_params
from mobilesd_queue.capture.screen import Screen
from mobilesd_queue.errors import CannotQueue, QueueError, Unreachable
from mobilesd_queue.queueing import Order
from mobilesd_queue.service import Options, Service

REPEAT_MAX = 50
SEED_RULES = ("screen", "next", "random")

_RECENT_CLICKS = 16
_CHOOSE_FOR_LATER = (
    "Choose a server in the accordion MobileSD Queue, or a default one in Settings, MobileSD: then "
    "the job is kept here until the queue is back."
)
_BROKEN = QueueError(
    "Not queued: something broke in the extension. Forge's console says what.", code="internal"
)

_log = logging.getLogger("mobilesd_queue")


@dataclass(frozen=True)
class Click:
    """What a click says beside the screen. `control` is empty when the page's script is missing."""

    control: str
    priority: Any
    server: Any
    repeat: Any
    seed_rule: Any


class ClickAnswers:
    """One per tab and load. Called by Gradio from any thread, also while Forge generates."""

    def __init__(
        self,
        service: Service,
        options: Callable[[], Options],
        read: Callable[[Sequence[Any], Any], Screen],
    ) -> None:
        self._service = service
        self._options = options
        self._read = read
        self._recent: deque[str] = deque(maxlen=_RECENT_CLICKS)
        self._lock = Lock()

    def answer(self, click: Click, values: Sequence[Any], request: Any) -> tuple[str, str]:
        """Queues what is on screen. HTML for the button's line and for the accordion's.

        The first names the click, and those before it: the page may draw two answers at once.
        """
        asked = _read_control(click.control)
        click_id = asked["click_id"]
        try:
            params = generation_params(self._read(values, request))
            outcome = self._service.queue(self._order(click, asked, params))
            kind, words = outcome.kind, escape(outcome.sentence)
        except QueueError as error:
            kind, words = "refused", _words_of(error)
        except Exception:
            _log.exception("A click could not be queued")
            kind, words = "refused", _words_of(_BROKEN)
        with self._lock:
            self._recent.append(click_id)
            recent = " ".join(self._recent)
        named = f' data-click="{click_id}" data-clicks="{recent}"'
        return _outcome(kind, words, named), _outcome(kind, words)

    def _order(self, click: Click, asked: dict[str, Any], params: dict[str, Any]) -> Order:
        rule = asked.get("seed_rule", click.seed_rule)
        return Order(
            params=params,
            server=self._server(click.server),
            priority=_whole(click.priority, self._options().priority, 10),
            click_id=asked["click_id"],
            repeat=_whole(asked.get("repeat", click.repeat), 1, REPEAT_MAX),
            seed_rule=rule if rule in SEED_RULES else "screen",
        )

    def _server(self, chosen: Any) -> str:
        """The one chosen, else the setting's, else the only one there is."""
        name = str(chosen or "").strip() or self._options().server
        if name:
            return name
        try:
            names = [server["alias"] for server in self._service.servers()]
        except Unreachable as error:
            raise QueueError(f"{error} {_CHOOSE_FOR_LATER}", code="server_not_known") from error
        if len(names) == 1:
            return names[0]
        if not names:
            raise QueueError(
                "The queue knows no server yet. Start the agent beside the Forge that is to draw, "
                "then queue again.",
                code="no_server",
            )
        raise QueueError(
            f"Choose one of these servers in the accordion MobileSD Queue: {', '.join(names)}.",
            code="server_not_chosen",
        )


def _read_control(control: str) -> dict[str, Any]:
    """What the page's script put with the click, with an id of its own where it put none."""
    try:
        asked = json.loads(control or "{}")
        return {**asked, "click_id": str(UUID(asked["click_id"]))}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {"click_id": str(uuid4())}


def _whole(value: Any, otherwise: int, highest: int) -> int:
    try:
        return max(1, min(highest, int(value)))
    except (TypeError, ValueError, OverflowError):
        return otherwise


def _words_of(error: QueueError) -> str:
    if isinstance(error, CannotQueue):
        lead, points = "This cannot be queued:", error.reasons
    else:
        lead = str(error)
        points = tuple(detail for detail in error.details if detail not in lead)
    items = "".join(f"<li>{escape(point)}</li>" for point in points)
    return escape(lead) + (f"<ul>{items}</ul>" if items else "")


def _outcome(kind: str, words: str, named: str = "") -> str:
    return f'<div class="mobilesd_outcome" data-kind="{kind}"{named}>{words}</div>'
