"""What the tests of capture share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mobilesd_queue.capture.job import generation_params
from mobilesd_queue.capture.screen import Screen
from mobilesd_queue.errors import CannotQueue


@pytest.fixture
def reasons_of() -> Callable[[Screen], tuple[str, ...]]:
    """Why a screen cannot be queued; fails where it can."""

    def reasons_of(screen: Screen) -> tuple[str, ...]:
        with pytest.raises(CannotQueue) as refused:
            generation_params(screen)
        return refused.value.reasons

    return reasons_of


@pytest.fixture
def params_of() -> Callable[[Screen], dict[str, Any]]:
    """The job that a screen makes."""
    return generation_params
