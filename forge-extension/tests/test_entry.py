"""Whether a saved job goes by itself, and what its owner allows."""

from __future__ import annotations

import json
from dataclasses import replace

from mobilesd_queue.outbox.entry import (
    TRIED_AGE_MAX_S,
    Item,
    agreed,
    body_with_uploads,
    standing_of,
)
from support.entries import SHA, entry_of


def standing(entry, *, url="http://attic:3000", key_start="msk_1234…", now_s=1_000.0):
    return standing_of(entry, url=url, key_start=key_start, now_s=now_s)[0]


TRIED = (Item("k", None, tried_at=0.0),)


def test_a_saved_job_goes_by_itself_only_while_it_surely_makes_no_second_one():
    assert standing(entry_of()) == "waiting"
    assert standing(entry_of(items=TRIED)) == "waiting"
    assert standing(entry_of(items=TRIED), now_s=TRIED_AGE_MAX_S + 1) == "asks"
    assert standing(entry_of(), now_s=TRIED_AGE_MAX_S * 9) == "waiting"
    assert standing(entry_of(), key_start="msk_other…") == "waiting"
    assert standing(entry_of(items=TRIED), key_start="msk_other…") == "asks"
    assert standing(entry_of(), url="http://other") == "asks"
    assert standing(entry_of(refusal="No.")) == "refused"


def test_what_was_asked_about_goes_when_it_is_allowed():
    assert (
        standing(replace(entry_of(items=TRIED), allowed=("http://o", "msk_1234…")), url="http://o")
        == "waiting"
    )


def test_uploads_stand_where_their_pictures_were():
    entry = entry_of(uploads={SHA: "upl_1"})
    assert body_with_uploads(entry)["generation_params"]["img2img"] == {
        "init_image": {"upload_id": "upl_1"}
    }
    assert json.loads(json.dumps(entry.to_json()))["pictures"] == [SHA]


WEEK_OLD = {"now_s": TRIED_AGE_MAX_S + 1}
HERE = {"url": "http://attic:3000", "key_start": "msk_1234…"}


def test_send_now_allows_what_was_asked_and_nothing_else():
    tried = entry_of(items=TRIED)
    assert agreed(tried, **HERE, now_s=1_000.0) == tried
    refused = replace(tried, refusal="No.")
    assert agreed(refused, **HERE, **WEEK_OLD) == tried
    assert standing(agreed(refused, **HERE, **WEEK_OLD), **WEEK_OLD) == "asks"
    assert standing(agreed(tried, **HERE, **WEEK_OLD), **WEEK_OLD) == "waiting"


def test_an_answer_holds_for_the_queue_and_key_it_was_given_for():
    elsewhere = {"url": "http://other", "key_start": "msk_1234…"}
    allowed = agreed(entry_of(), **elsewhere, now_s=1_000.0)
    assert standing(allowed, **elsewhere) == "waiting"
    assert standing(allowed, url="http://third") == "asks"
    assert standing(replace(allowed, items=TRIED), **{**elsewhere, "key_start": "k"}) == "asks"
