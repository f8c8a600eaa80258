from __future__ import annotations

import re
from pathlib import Path

import pytest

from mobilesd_queue.capture import limits as capture_limits
from mobilesd_queue.cloud import limits
from mobilesd_queue.cloud.submit import seeds_of, with_seed
from mobilesd_queue.outbox.entry import TRIED_AGE_MAX_S

CONTRACT = Path(__file__).parents[2] / "src" / "contract" / "limits.ts"


def test_the_seed_on_screen_is_that_of_every_job():
    assert seeds_of({"seed": 7}, 3, "screen") == [None, None, None]


def test_the_next_seed_is_the_one_behind_the_last_picture():
    assert seeds_of({"seed": 7, "batch_size": 2, "n_iter": 3}, 3, "next") == [7, 13, 19]


def test_with_a_variation_seed_forge_keeps_the_seed_within_a_job():
    assert seeds_of({"seed": 7, "batch_size": 4, "subseed_strength": 0.1}, 2, "next") == [7, 8]


def test_a_random_seed_stays_random():
    assert seeds_of({"seed": -1}, 2, "next") == [-1, -1]
    assert seeds_of({"seed": 7}, 2, "random") == [-1, -1]


def test_counting_goes_on_at_zero_behind_the_last_seed():
    assert seeds_of({"seed": limits.SEED_MAX}, 2, "next") == [limits.SEED_MAX, 0]


def test_one_job_keeps_the_seed_on_screen_whatever_the_rule():
    assert seeds_of({"seed": 7}, 1, "random") == [None]


def test_another_seed_leaves_the_body_of_the_others_alone():
    body = {"generation_params": {"seed": 7}, "priority": 5}
    assert with_seed(body, 8) == {"generation_params": {"seed": 8}, "priority": 5}
    assert body["generation_params"]["seed"] == 7


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (capture_limits.UPLOAD_BYTES_MAX, "uploadBytesMax"),
        (capture_limits.UPLOAD_PIXELS_MAX, "uploadPixelsMax"),
        (limits.SEED_MAX, "seedMax"),
        (limits.PRIORITY_FIRST, "priorityFirst"),
        (limits.PRIORITY_LAST, "priorityLast"),
        (limits.PRIORITY_DEFAULT, "priorityDefault"),
        (limits.IMAGE_BYTES_MAX, "imageBytesMax"),
    ],
)
def test_numbers_are_those_of_the_contract(ours, theirs):
    text = CONTRACT.read_text("utf-8")
    (number,) = re.findall(rf"^\s*{theirs}: ([\d_]+),", text, re.MULTILINE)
    assert ours == int(number)


def test_a_saved_job_is_sent_by_itself_only_while_the_queue_knows_its_key():
    text = CONTRACT.read_text("utf-8")
    (days,) = re.findall(r"idempotencyTtlMs: (\d+) \* 86_400_000", text)
    assert int(days) * 86_400 == limits.IDEMPOTENCY_TTL_S
    assert limits.IDEMPOTENCY_TTL_S - TRIED_AGE_MAX_S == 86_400
