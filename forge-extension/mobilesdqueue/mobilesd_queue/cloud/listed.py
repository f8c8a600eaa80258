"""Jobs and servers as a queue lists them, made whole for who draws them.

What a queue of another version leaves out, or has otherwise, is as if it were empty; without what
tells one row from another it is no queue of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from .limits import PRIORITY_DEFAULT
from .network_words import not_a_queue


def server_row(value: Any, url: str) -> dict[str, Any]:
    """A server: `alias`, `is_present`, and what else was said. Raises `QueueError`."""
    alias = value.get("alias") if isinstance(value, dict) else None
    if not isinstance(alias, str) or not alias:
        raise not_a_queue(url)
    return {**value, "is_present": value.get("is_present") is True}


def job_row(value: Any, url: str) -> dict[str, Any]:
    """A job with every part of the contract's `ListedJob` that is drawn. Raises `QueueError`."""
    if not isinstance(value, dict):
        raise not_a_queue(url)
    created = _time(value.get("creation_timestamp"))
    named = (value.get("mobilesd_job_id"), value.get("status"))
    if created is None or not all(isinstance(part, str) for part in named):
        raise not_a_queue(url)
    parts = {name: read(value.get(name)) for name, read in _PARTS.items()}
    return {**value, **parts, "creation_timestamp": created}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _object(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _time(value: Any) -> str | None:
    """A time on the wire; rows of the first schema say no zone, and mean UTC."""
    try:
        read = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except (AttributeError, ValueError):
        return None
    return value if read.tzinfo else read.replace(tzinfo=timezone.utc).isoformat()


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _error(value: Any) -> dict[str, Any] | None:
    told = _object(value)
    if told is None:
        return None
    words = {"message": _text(told.get("message")) or ""}
    return {**told, **words, "owner_message": _text(told.get("owner_message"))}


def _warnings(value: Any) -> list[dict[str, Any]]:
    return [one for one in _objects(value) if isinstance(one.get("message"), str)]


def _images(value: Any) -> list[dict[str, Any]]:
    named = [one for one in _objects(value) if isinstance(one.get("name"), str)]
    return [
        {
            **one,
            "width": _number(one.get("width")) or 0,
            "height": _number(one.get("height")) or 0,
            "seed": _number(one.get("seed")),
            "infotext": _text(one.get("infotext")),
        }
        for one in named
    ]


_PARTS: dict[str, Callable[[Any], Any]] = {
    "status_reason": _text,
    "progress": lambda value: _number(value) or 0,
    "completion_timestamp": _time,
    "target_server_alias": lambda value: _text(value) or "",
    "server_alias": _text,
    "generation_params": lambda value: _object(value) or {},
    "priority": lambda value: _number(value) or PRIORITY_DEFAULT,
    "name": _text,
    "retry_of": _text,
    "error": _error,
    "warnings": _warnings,
    "images": _images,
    "queue_position": _number,
    "estimated_start_time": _time,
    "estimated_completion_time": _time,
    "server_away_since": _time,
}
