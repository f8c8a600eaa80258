"""What can go wrong, as sentences for a person."""

from __future__ import annotations

from collections.abc import Sequence


class QueueError(Exception):
    """One sentence for a person: `str(error)`. `code` is for programs, `details` are sentences."""

    def __init__(
        self,
        sentence: str,
        *,
        code: str = "error",
        retry_after_s: float | None = None,
        details: tuple[str, ...] = (),
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.retry_after_s = retry_after_s
        self.details = details

    @property
    def sentence(self) -> str:
        return str(self)


class CannotQueue(QueueError):
    """What is on screen cannot be carried over. Each reason is a sentence that names the thing."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(" ".join(reasons), code="cannot_queue", details=tuple(reasons))
        self.reasons = tuple(reasons)


class Unreachable(QueueError):
    """The queue did not answer, or said "later", as long as one waited.

    `may_have_arrived` tells whether the last request can have reached it all the same, and
    `has_answered` whether a queue said that it failed at just this request (a 5xx).
    """

    def __init__(
        self,
        sentence: str,
        *,
        code: str = "unreachable",
        retry_after_s: float | None = None,
        details: tuple[str, ...] = (),
        may_have_arrived: bool = True,
        has_answered: bool = False,
    ) -> None:
        super().__init__(sentence, code=code, retry_after_s=retry_after_s, details=details)
        self.may_have_arrived = may_have_arrived
        self.has_answered = has_answered
