"""Waits for what must come, and for no longer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def wait_until(claim: Callable[[], Any], timeout_s: float = 10.0) -> Any:
    """The first true value of `claim`; fails loudly when none comes."""
    deadline_s = time.monotonic() + timeout_s
    while time.monotonic() < deadline_s:
        if value := claim():
            return value
        time.sleep(0.005)
    raise AssertionError("it did not come to pass in time")
