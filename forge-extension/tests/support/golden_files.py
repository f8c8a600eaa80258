"""Where the messages and rules stand that both sides of the queue agree on."""

from __future__ import annotations

from pathlib import Path

_GOLDEN = Path(__file__).parents[3] / "test" / "golden"
MESSAGES = _GOLDEN / "capture"
RULES = _GOLDEN / "capture-rules.json"
EVENT_TICKET = _GOLDEN / "event-ticket.json"
