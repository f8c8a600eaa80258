from __future__ import annotations

from random import Random

import pytest

from mobilesd_queue.cloud.backoff import (
    Patience,
    call_patiently,
    full_jitter_s,
    retry_after_s,
)
from mobilesd_queue.errors import QueueError, Unreachable

PATIENCE = Patience(tries=4, base_s=0.4, cap_s=4.0, budget_s=8.0)


class Patient:
    """A clock that only sleeping moves."""

    def __init__(self, *outcomes: object, random: float = 0.5, stops_after: int = 99) -> None:
        self.outcomes = list(outcomes)
        self.now_s = 0.0
        self.sleeps: list[float] = []
        self.random = random
        self.stops_after = stops_after

    def call(self) -> object:
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def sleep(self, seconds: float) -> bool:
        self.sleeps.append(seconds)
        self.now_s += seconds
        return len(self.sleeps) >= self.stops_after

    def run(self, patience: Patience = PATIENCE) -> object:
        return call_patiently(
            self.call,
            patience=patience,
            clock=lambda: self.now_s,
            sleep=self.sleep,
            random=lambda: self.random,
        )


def test_a_wait_is_anywhere_between_nothing_and_the_doubling_bound():
    random = Random(7)
    for attempt in range(12):
        bound_s = min(300.0, 2.0 * 2**attempt)
        waits = [
            full_jitter_s(attempt, base_s=2.0, cap_s=300.0, random=random.random)
            for _ in range(500)
        ]
        assert 0 <= min(waits) < 0.05 * bound_s
        assert 0.95 * bound_s < max(waits) < bound_s


def test_jitter_comes_after_the_cap_however_often_it_failed():
    assert full_jitter_s(10_000, base_s=2.0, cap_s=300.0, random=lambda: 0.5) == 150.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("-5", None),
        ("soon", None),
        ("1.5", None),
        ("²", None),
        ("Thu, 01 Jan 1970 00:02:00 GMT", 20.0),
        ("Thu, 01 Jan 1970 00:01:00 GMT", 0.0),
        ("99999999999999999999", 999999999.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header, seconds):
    assert retry_after_s(header, now_s=100.0) == seconds


def test_what_fails_for_a_moment_is_tried_again():
    patient = Patient(Unreachable("no"), Unreachable("no"), "answer")
    assert patient.run() == "answer"
    assert patient.sleeps == [0.2, 0.4]


def test_a_refusal_is_not_tried_again():
    patient = Patient(QueueError("wrong", code="invalid_request"), "answer")
    with pytest.raises(QueueError, match="wrong"):
        patient.run()
    assert patient.sleeps == []


def test_patience_ends_with_the_tries():
    patient = Patient(*[Unreachable("no")] * 5)
    with pytest.raises(Unreachable):
        patient.run()
    assert len(patient.sleeps) == 3


def test_a_short_retry_after_is_waited_for_and_a_long_one_handed_on():
    short = Patient(Unreachable("no", retry_after_s=5.0), "answer")
    assert short.run() == "answer"
    assert short.sleeps == [5.0]
    long = Patient(Unreachable("no", retry_after_s=120.0), "answer")
    with pytest.raises(Unreachable) as failed:
        long.run()
    assert failed.value.retry_after_s == 120.0
    assert long.sleeps == []


def test_a_stop_ends_the_waiting():
    patient = Patient(Unreachable("no"), "answer", stops_after=1)
    with pytest.raises(Unreachable):
        patient.run()


def test_that_an_earlier_try_may_have_arrived_is_not_forgotten():
    patient = Patient(
        Unreachable("lost"),
        Unreachable("refused", may_have_arrived=False),
        Unreachable("refused", may_have_arrived=False),
        Unreachable("refused", may_have_arrived=False),
    )
    with pytest.raises(Unreachable) as failed:
        patient.run()
    assert failed.value.may_have_arrived


def test_a_login_page_after_a_lost_answer_does_not_decide_what_became_of_the_request():
    lost = Patient(Unreachable("lost"), QueueError("a login page", code="not_a_queue"))
    with pytest.raises(Unreachable, match="login page"):
        lost.run()
    never_sent = Patient(
        Unreachable("refused", may_have_arrived=False),
        QueueError("a login page", code="not_a_queue"),
    )
    with pytest.raises(QueueError) as failed:
        never_sent.run()
    assert not isinstance(failed.value, Unreachable)
