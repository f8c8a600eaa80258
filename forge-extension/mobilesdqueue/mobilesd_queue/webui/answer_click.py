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
from mobilesd_queue.cloud.limits import JOBS_PER_CLICK_MAX, PRIORITY_FIRST, PRIORITY_LAST
from mobilesd_queue.errors import CannotQueue, QueueError
from mobilesd_queue.queueing import Order
from mobilesd_queue.service import Options, Service

SEED_RULES = ("screen", "next", "random")

_RECENT_CLICKS = 16
_BROKEN_BEFORE = "Not queued: something broke in the extension. Forge's console says what."
_BROKEN_MEANWHILE = (
    "Something broke in the extension, and the job may be queued: look at the tab MobileSD Queue "
    "first. Forge's console says what broke."
)
_QUEUED_BEFORE = (
    "Your last click, whose answer was lost, is queued already: look at the tab MobileSD Queue. "
    "Press again if you want one more job."
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
        broken = _BROKEN_BEFORE
        try:
            params = generation_params(self._read(values, request))
            order = self._order(click, asked, params)
            broken = _BROKEN_MEANWHILE
            outcome = self._service.queue(order)
            kind, words = outcome.kind, escape(outcome.sentence)
        except QueueError as error:
            kind, words = "refused", _words_of(error)
        except Exception:
            _log.exception("A click could not be queued")
            kind, words = "refused", escape(broken)
        with self._lock:
            self._recent.append(click_id)
            recent = " ".join(self._recent)
        named = f' data-click="{click_id}" data-clicks="{recent}"'
        return _outcome(kind, words, named), _outcome(kind, words)

    def _order(self, click: Click, asked: dict[str, Any], params: dict[str, Any]) -> Order:
        rule = asked.get("seed_rule", click.seed_rule)
        return Order(
            params=params,
            server=str(click.server or "").strip(),
            priority=_whole(
                click.priority, PRIORITY_FIRST, PRIORITY_LAST, otherwise=self._options().priority
            ),
            click_id=asked["click_id"],
            repeat=_whole(asked.get("repeat", click.repeat), 1, JOBS_PER_CLICK_MAX, otherwise=1),
            seed_rule=rule if rule in SEED_RULES else "screen",
        )


def _read_control(control: str) -> dict[str, Any]:
    """What the page's script put with the click, with an id of its own where it put none."""
    try:
        asked = json.loads(control or "{}")
        return {**asked, "click_id": UUID(asked["click_id"]).hex}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {"click_id": uuid4().hex}


def _whole(value: Any, lowest: int, highest: int, *, otherwise: int) -> int:
    try:
        return max(lowest, min(highest, int(value)))
    except (TypeError, ValueError, OverflowError):
        return otherwise


def _words_of(error: QueueError) -> str:
    """An error of the service says first what became of the click."""
    if isinstance(error, CannotQueue):
        lead, points = "Not queued:", error.reasons
    elif error.code == "idempotency_key_reused":
        # The page gives the id of a lost click again for the same screen, whose pictures are new
        # uploads; or something that is not on the page was changed since.
        lead, points = _QUEUED_BEFORE, ()
    else:
        lead = str(error)
        points = tuple(detail for detail in error.details if detail not in lead)
    items = "".join(f"<li>{escape(point)}</li>" for point in points)
    return escape(lead) + (f"<ul>{items}</ul>" if items else "")


def _outcome(kind: str, words: str, named: str = "") -> str:
    return f'<div class="mobilesd_outcome" data-kind="{kind}"{named}>{words}</div>'
