from __future__ import annotations

import pytest

from mobilesd_queue.cloud.client import Submitted
from mobilesd_queue.cloud.durations import length_words
from mobilesd_queue.cloud.place_words import ordinal, queued_sentence


def submitted(position=1, *, minimum=False, start=None, reason="queued"):
    return Submitted("job", position, minimum, start, reason)


def told(*jobs):
    return queued_sentence(jobs, server="Attic", now_s=0.0)


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (21, "21st"),
        (100, "100th"),
        (101, "101st"),
        (111, "111th"),
    ],
)
def test_places_are_counted_as_people_do(number, word):
    assert ordinal(number) == word


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-100, None),
        (4.9, None),
        (5, "5 s"),
        (21, "25 s"),
        (59.9, "1 min"),
        (120, "2 min"),
        (5_400, "2 h"),
        (200_000, "2 days"),
    ],
)
def test_times_are_told_as_people_do(seconds, words):
    assert length_words(seconds) == words


def test_a_place_comes_with_its_time():
    assert told(submitted(3, start="1970-01-01T00:02:00.000Z")) == "Queued, 3rd, about 2 min."


def test_the_next_one_is_told_without_a_number():
    assert told(submitted(1, start="1970-01-01T00:00:01Z")) == "Queued, next."


def test_a_place_that_is_a_lower_bound_is_told_as_one():
    assert told(submitted(100, minimum=True)) == "Queued, 100th or later."


def test_an_absent_server_is_said_instead_of_a_time():
    job = submitted(3, start="1970-01-01T00:02:00Z", reason="waiting_for_server")
    assert told(job) == "Queued, 3rd. Attic is not there now; it starts when it is back."


def test_a_missing_checkpoint_is_said():
    assert "does not have this checkpoint" in told(submitted(reason="missing_checkpoint"))


def test_a_paused_server_is_said_instead_of_a_time():
    job = submitted(3, start="1970-01-01T00:02:00Z", reason="paused")
    assert told(job) == "Queued, 3rd. Attic is paused; it starts when somebody resumes Attic."


def test_several_jobs_are_told_by_the_first():
    jobs = [submitted(2, start="1970-01-01T00:02:00Z"), submitted(3)]
    assert told(*jobs) == "Queued 2 jobs, the first 2nd, about 2 min."


def test_a_job_that_its_server_took_already_has_no_place():
    assert told(submitted(None)) == "Queued."


def test_a_time_that_cannot_be_read_is_left_out():
    assert told(submitted(2, start="soon")) == "Queued, 2nd."
