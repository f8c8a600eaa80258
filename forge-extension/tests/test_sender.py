from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import replace

import pytest

from mobilesd_queue.cloud.sockets import Sockets
from mobilesd_queue.errors import Unreachable
from mobilesd_queue.outbox.entry import TRIED_AGE_MAX_S, Item
from support.answering_server import HTML, AnsweringServer, Reply, dropped, problem
from support.entries import PNG, SHA
from support.outbox_of import KEY_START, Outbox
from support.waiting import wait_until

DOWN = problem(503, "unavailable", "Out of reach")


@pytest.fixture
def server():
    with AnsweringServer() as running:
        yield running


@pytest.fixture
def outbox(tmp_path, server):
    made = Outbox(tmp_path / "forge-1", server.url)
    yield made
    made.stop()


def test_saved_jobs_go_oldest_first_with_their_pictures(server, outbox):
    outbox.save(2, with_picture=False)
    outbox.save(1)
    outbox.start()
    wait_until(lambda: outbox.is_empty)
    assert list(server.jobs) == ["forge-1-0", "forge-2-0"]
    assert list(server.uploads.values()) == [SHA]
    assert server.submits[0].json["generation_params"]["img2img"]["init_image"] == {
        "upload_id": "upl_0"
    }
    wait_until(lambda: outbox.contacts == [None, None])


def test_when_the_queue_is_back_the_job_goes_by_itself(tmp_path):
    with AnsweringServer() as first:
        port = first.port
    outbox = Outbox(tmp_path / "forge-1", f"http://127.0.0.1:{port}")
    outbox.save()
    sender = outbox.start()
    wait_until(lambda: sender.problem)
    assert "Is the queue running?" in sender.problem
    with AnsweringServer(port) as back:
        wait_until(lambda: outbox.is_empty)
        assert list(back.jobs) == ["forge-1-0"]
    outbox.stop()


def test_answers_that_get_lost_make_one_job(server, outbox):
    outbox.save()
    server.script("/api/v2/uploads", dropped)
    server.script("/api/v2/generate", dropped, dropped)
    outbox.start()
    wait_until(lambda: outbox.is_empty)
    assert len(server.submits) == 3
    assert len(server.jobs) == 1
    assert len({request.body for request in server.submits}) == 1


def test_an_upload_that_expired_meanwhile_is_made_anew(server, outbox):
    entry = outbox.save()
    outbox.store.update(replace(entry, uploads={SHA: "upl_expired"}))
    outbox.start()
    wait_until(lambda: outbox.is_empty)
    assert len(server.jobs) == 1
    assert list(server.uploads.values()) == [SHA]


def test_a_picture_that_got_through_is_not_sent_again_with_the_next_try(server, outbox):
    other = b"\x89PNG another"
    other_sha = hashlib.sha256(other).hexdigest()
    pictures = [{"mobilesd_picture": SHA}, {"mobilesd_picture": other_sha}]
    outbox.store.add(
        outbox.entry(pictures=(SHA, other_sha), body={"generation_params": {"args": pictures}}),
        {SHA: PNG, other_sha: other},
    )
    server.script("/api/v2/uploads", lambda reply: reply, DOWN)
    outbox.start()
    wait_until(lambda: outbox.is_empty)
    assert sorted(server.uploads.values()) == sorted([SHA, other_sha])
    assert len(server.sent_to("/api/v2/uploads")) == 3


def test_several_jobs_of_a_click_go_on_where_they_stopped(server, outbox):
    items = tuple(Item(f"forge-1-{i}", 7 + i) for i in range(3))
    outbox.save(items=items)
    server.script("/api/v2/generate", lambda reply: reply, DOWN)
    outbox.start()
    wait_until(lambda: outbox.is_empty)
    assert [request.json["generation_params"]["seed"] for request in server.submits] == [7, 8, 8, 9]
    assert len(server.jobs) == 3


def test_a_refused_job_is_kept_with_its_sentence_and_does_not_hold_up_others(server, outbox):
    outbox.save(1)
    outbox.save(2)
    detail = {"field": "generation_params.steps", "message": "Too big", "limit": 150}
    server.script("/api/v2/generate", problem(400, "invalid_request", "Not valid", detail))
    outbox.start()
    wait_until(lambda: len(outbox.store.entries()) == 1)
    assert outbox.only().refusal == "Not valid: steps: Too big (limit 150)."
    assert list(server.jobs) == ["forge-2-0"]


@pytest.mark.parametrize(
    "reply", [problem(401, "invalid_credentials", "No"), HTML], ids=["401", "html"]
)
def test_a_connection_that_is_not_in_order_holds_everything_and_refuses_nothing(
    server, outbox, reply
):
    outbox.save(1)
    outbox.save(2)
    server.script("/api/v2/uploads", *[reply] * 3)
    outbox.start()
    wait_until(lambda: outbox.is_empty)
    assert len(server.jobs) == 2
    assert [error.code for error in outbox.contacts[:3] if error] == [
        "invalid_credentials" if reply.status == 401 else "not_a_queue"
    ] * 3


def test_a_retry_after_is_waited_for(server, outbox):
    outbox.save(with_picture=False)
    server.script("/api/v2/generate", problem(429, "rate_limited", "Slow", Retry_After="1"))
    outbox.start()
    wait_until(lambda: len(server.submits) == 1)
    first_s = time.monotonic()
    wait_until(lambda: outbox.is_empty)
    assert time.monotonic() - first_s > 0.9


def test_a_job_that_was_saved_because_of_a_retry_after_is_not_sent_before(server, outbox):
    sender = outbox.start(idle_look_s=0.01)
    outbox.store.folder.mkdir(parents=True)
    sender.hold(Unreachable("busy", retry_after_s=0.6))
    first_s = time.monotonic()
    outbox.save(with_picture=False)
    wait_until(lambda: outbox.is_empty)
    assert time.monotonic() - first_s > 0.5


def test_what_may_be_queued_already_is_asked_about_and_not_sent(server, outbox):
    old = Item("forge-1-0", None, tried_at=outbox.now_s - TRIED_AGE_MAX_S - 1)
    asked = outbox.save(1, items=(old,))
    outbox.save(2)
    sender = outbox.start()
    wait_until(lambda: len(server.jobs) == 1)
    assert list(server.jobs) == ["forge-2-0"]
    wait_until(lambda: len(outbox.store.entries()) == 1)
    outbox.store.update(replace(outbox.only(), allowed=(server.url, KEY_START)))
    sender.wake()
    wait_until(lambda: outbox.is_empty)
    assert asked.items[0].key in server.jobs


def test_a_submit_that_surely_did_not_arrive_leaves_no_doubt(server, outbox):
    outbox.save(with_picture=False)
    server.script("/api/v2/generate", problem(429, "rate_limited", "Slow", Retry_After="99"))
    sender = outbox.start()
    wait_until(lambda: sender.problem)
    assert outbox.only().items[0].tried_at is None


def test_two_processes_on_one_folder_send_each_job_once(server, outbox):
    for number in range(1, 21):
        outbox.save(number, with_picture=False)
    outbox.start()
    outbox.start()
    wait_until(lambda: outbox.is_empty)
    assert len(server.submits) == 20


def test_a_stop_in_the_middle_ends_within_a_second_and_keeps_the_job(server, outbox):
    never = threading.Event()
    outbox.save(with_picture=False)
    server.script("/api/v2/generate", lambda reply: Reply(200, reply.body, waits_for=never))
    outbox.start()
    wait_until(lambda: server.submits)
    started_s = time.monotonic()
    outbox.stop()
    assert time.monotonic() - started_s < 1.0
    assert not any(thread.name == "mobilesd-outbox" for thread in threading.enumerate())
    never.set()
    assert outbox.only().items[0].tried_at == outbox.now_s
    outbox.sockets = Sockets(connect_timeout_s=2.0)
    outbox.start()
    wait_until(lambda: outbox.is_empty)
    assert len(server.jobs) == 1


def test_a_job_discarded_while_it_is_sent_stays_discarded(server, outbox):
    release = threading.Event()
    entry = outbox.save()
    server.script("/api/v2/uploads", lambda reply: Reply(201, reply.body, waits_for=release))
    outbox.start()
    wait_until(lambda: server.sent_to("/api/v2/uploads"))
    assert outbox.store.remove(entry.id)
    release.set()
    outbox.save(2, with_picture=False)
    wait_until(lambda: server.jobs)
    assert list(server.jobs) == ["forge-2-0"]


def test_an_outbox_without_jobs_leaves_no_trace(outbox):
    outbox.start()
    outbox.stop()
    assert not outbox.store.folder.exists()


def test_an_outbox_that_was_emptied_is_removed(outbox):
    outbox.save()
    outbox.start()
    wait_until(lambda: outbox.is_empty)
    outbox.stop()
    assert not outbox.store.folder.exists()
