"""The connection as the page's widget tells it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mobilesd_queue.connection.account import SECRET_VARIABLE

_STATUS = {True: "Connected to", False: "No answer from", None: "Set up for"}


def connection_words(state: Mapping[str, Any]) -> str:
    """Which queue this Forge is connected to and how well, from `Service.state()`."""
    if state["key_start"]:
        status = _STATUS[state["connected"]]
        told = [f"{status} {state['url']} (key {state['key_start']}).", state["error"]]
    else:
        told = [state["error"] or "Not connected."]
    if state["is_from_environment"]:
        told.append(f"This Forge takes its key from its environment ({SECRET_VARIABLE}).")
    return " ".join(part for part in told if part)
