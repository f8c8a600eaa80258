"""What an answer of the queue means: its JSON, or a sentence for a person."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urljoin, urlsplit

from ..errors import QueueError, Unreachable
from .backoff import retry_after_s
from .durations import length_words
from .network_words import not_a_queue
from .transport import Answer

CONNECTION_CODES = frozenset(
    {
        "not_connected",
        "not_a_queue",
        "untrusted",
        "invalid_address",
        "invalid_credentials",
        "credentials_required",
    }
)
"""Errors that say nothing about what was asked: the connection has to be put in order first."""

_TEXT_CHARS_MAX = 500
_DETAILS_MAX = 20
_TOLD_DETAILS_MAX = 3

# Sentences that say what to do here; the rest are the queue's own.
_SENTENCES = {
    "invalid_credentials": "The queue does not accept this key (any more).",
    "credentials_required": "The queue got no key.",
    "pairing_code_invalid": "This code is used up, older than ten minutes, or mistyped. "
    "Press Enter where the queue was started for a new one.",
    "forbidden": "This key may not do that.",
}
_CONNECT_AGAIN = "Connect again in the tab MobileSD Queue."
_TOLD_WHOLE = ("unknown_name", "unknown_server")
"""Problems whose details are sentences by themselves: which server has no what."""


def read_json(answer: Answer, url: str, now_s: float) -> Any:
    """The answer's JSON; None for a 204. Raises `Unreachable` for "later", else `QueueError`."""
    if answer.status == 204:
        return None
    if 300 <= answer.status < 400:
        raise _sent_elsewhere(answer, url)
    value = _parse(answer)
    if 200 <= answer.status < 300:
        if not isinstance(value, dict):
            raise not_a_queue(url)
        return value
    raise refusal_of(answer.status, answer.headers.get("Retry-After"), value, url, now_s)


def refusal_of(
    status: int, retry_after: str | None, problem: Any, url: str, now_s: float
) -> QueueError:
    """The error that an answer of 400 and above stands for. `problem` is its JSON, or None."""
    is_problem = isinstance(problem, dict) and isinstance(problem.get("code"), str)
    code = problem["code"] if is_problem else "not_a_queue"
    is_later = status == 429 or status >= 500 or (is_problem and problem.get("retryable") is True)
    if is_later:
        return _later(status, retry_after_s(retry_after, now_s), code if is_problem else None)
    if not is_problem:
        return not_a_queue(url)
    details = _details(problem)
    sentence = _SENTENCES.get(code) or _compose(problem, details)
    if status == 401 and code != "pairing_code_invalid":
        sentence = f"{sentence} {_CONNECT_AGAIN}"
    return QueueError(sentence, code=code, details=details)


def _parse(answer: Answer) -> Any:
    type_ = answer.headers.get_content_type()
    if type_ != "application/json" and not type_.endswith("+json"):
        return None
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def _sent_elsewhere(answer: Answer, url: str) -> QueueError:
    # Never followed: the key would go to wherever the answer says.
    target = urlsplit(urljoin(url, answer.headers.get("Location") or ""))
    known = f"{target.scheme}://{target.netloc}"
    if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]{1,255}", known) or known == url:
        return not_a_queue(url)
    return QueueError(
        f"{url} sends on to {known}. If that is your queue, use this address.", code="not_a_queue"
    )


def _later(status: int, wait_s: float | None, code: str | None) -> Unreachable:
    wait = length_words(wait_s or 0)
    when = f" It wants to be asked again in {wait}." if wait else ""
    if status == 429:
        sentence = f"The queue got too many requests.{when}"
    else:
        sentence = f"The queue has a problem of its own ({status}).{when}"
    # A 429 is said before anything is done; behind a 5xx it may have been.
    return Unreachable(
        sentence,
        code=code or ("rate_limited" if status == 429 else "unavailable"),
        retry_after_s=wait_s,
        may_have_arrived=status != 429,
        has_answered=status != 429,
    )


def _plain(value: Any) -> str:
    """Text from elsewhere, on one line, without what a terminal or page could stumble over."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", str(value)).strip()[:_TEXT_CHARS_MAX]


def _detail(detail: Any, code: str) -> str | None:
    if not isinstance(detail, dict):
        return None
    field = _plain(detail.get("field", "")).removeprefix("generation_params.")
    limit = detail.get("limit")
    choices = detail.get("choices")
    message = _plain(detail.get("message", "")).rstrip(".")
    told = message[:1].upper() + message[1:] if code in _TOLD_WHOLE else f"{field}: {message}"
    if limit is not None:
        told += f" (limit {_plain(limit)})"
    told += "."
    if isinstance(choices, list) and choices:
        listed = ", ".join(_plain(one) for one in choices[:_DETAILS_MAX])
        told += f" Did you mean: {listed}?" if code == "unknown_name" else f" There is: {listed}."
    return told


def _details(problem: dict[str, Any]) -> tuple[str, ...]:
    listed = problem.get("details")
    if not isinstance(listed, list):
        return ()
    told = (_detail(one, problem["code"]) for one in listed[:_DETAILS_MAX])
    return tuple(one for one in told if one)


def _compose(problem: dict[str, Any], details: tuple[str, ...]) -> str:
    title = _plain(problem.get("title") or problem.get("error") or "The queue refused").rstrip(".")
    if not details:
        return f"{title}."
    if problem["code"] in _TOLD_WHOLE:
        return " ".join(details[:_TOLD_DETAILS_MAX])
    more = len(details) - _TOLD_DETAILS_MAX
    rest = [] if more <= 0 else [f"And {more} more."]
    return f"{title}: {' '.join([*details[:_TOLD_DETAILS_MAX], *rest])}"
