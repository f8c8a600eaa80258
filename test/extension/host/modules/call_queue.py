"""One generation at a time, and what is wrapped around Generate's function."""

import html
import threading
import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any

from modules import shared

queue_lock = threading.Lock()


def wrap_queued_call(function: Callable[..., Any]) -> Callable[..., Any]:
    """Runs it when nothing else runs."""

    def call(*args: Any, **kwargs: Any) -> Any:
        with queue_lock:
            return function(*args, **kwargs)

    return call


def wrap_gradio_gpu_call(
    function: Callable[..., Any], extra_outputs: list[Any] | None = None
) -> Callable[..., Any]:
    """Runs a generation when nothing else runs; an error becomes the last output."""

    @wraps(function)
    def locked(*args: Any, **kwargs: Any) -> Any:
        with queue_lock:
            shared.state.begin(args[0] if args else "")
            try:
                return function(*args, **kwargs)
            finally:
                shared.state.end()

    @wraps(locked)
    def answered(*args: Any, **kwargs: Any) -> tuple[Any, ...]:
        try:
            return tuple(locked(*args, **kwargs))
        except Exception as error:
            traceback.print_exc()
            said = html.escape(f"{type(error).__name__}: {error}")
            return (*(extra_outputs or [None, ""]), f"<div class='error'>{said}</div>")

    return answered
