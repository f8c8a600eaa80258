from __future__ import annotations

import json
import logging
import threading
from urllib.parse import parse_qsl, urlsplit

import pytest

from mobilesd_queue.cloud.backoff import ONCE
from mobilesd_queue.errors import QueueError, Unreachable
from support.answering_server import HTML, AnsweringServer, Reply, dropped, problem
from support.clients import SECRET, client_of, free_port
from support.golden_files import EVENT_TICKET

BODY = {"generation_params": {"positive_prompt": "a lighthouse"}}


@pytest.fixture
def server():
    with AnsweringServer() as running:
        yield running


def test_a_submit_carries_key_secret_and_idempotency_key(server):
    submitted = client_of(server.url).submit(BODY, "click-1")
    assert submitted.job_id == "job-1"
    assert submitted.queue_position == 1
    (request,) = server.submits
    assert request.headers["X-API-Key"] == "msk_key"
    assert request.headers["X-API-Secret"] == SECRET
    assert request.headers["Idempotency-Key"] == "click-1"
    assert request.headers["User-Agent"] == "mobilesd-forge-extension/0"
    assert request.json == BODY


def test_an_answer_that_gets_lost_does_not_make_a_second_job(server):
    server.script("/api/v2/generate", dropped)
    assert client_of(server.url).submit(BODY, "click-1").job_id == "job-1"
    assert len(server.submits) == 2
    assert len(server.jobs) == 1


def test_a_queue_that_is_down_is_unreachable_and_got_nothing():
    port = free_port()
    with pytest.raises(Unreachable, match="Is the queue running") as failed:
        client_of(f"http://127.0.0.1:{port}").submit(BODY, "click-1")
    assert not failed.value.may_have_arrived


def test_a_name_that_is_not_known_is_told_apart():
    with pytest.raises(Unreachable, match=r"name nowhere\.invalid is not known"):
        client_of("http://nowhere.invalid", patience=ONCE).servers()


def test_a_queue_that_is_slow_is_given_up_and_may_have_got_it(server):
    release = threading.Event()
    server.script("/api/v2/generate", lambda reply: Reply(200, reply.body, waits_for=release))
    with pytest.raises(Unreachable, match="took longer") as failed:
        client_of(server.url, timeout_s=0.2, patience=ONCE).submit(BODY, "click-1")
    release.set()
    assert failed.value.may_have_arrived


def test_an_answer_that_breaks_off_is_asked_for_again(server):
    half = Reply(200, b'{"servers": [', announced_bytes=500)
    server.script("/api/v1/servers", half)
    assert client_of(server.url).servers() == server.servers


@pytest.mark.parametrize(
    "reply",
    [
        HTML,
        Reply(404, "<h1>Not found</h1>", content_type="text/html"),
        Reply(200, "[1, 2]"),
        Reply(200, "not json"),
        Reply(200, "[" * 100_000),
        Reply(200, {"something": "else"}),
        Reply(403, "<h1>Log in</h1>", content_type="text/html"),
    ],
    ids=["html", "html 404", "a list", "no json", "deep json", "other json", "html 403"],
)
def test_what_does_not_answer_like_a_queue_is_said_to(server, reply):
    server.script("/api/v2/generate", reply)
    with pytest.raises(QueueError, match="does not answer like MobileSD Queue") as refused:
        client_of(server.url).submit(BODY, "click-1")
    assert refused.value.code == "not_a_queue"
    assert not isinstance(refused.value, Unreachable)


def test_a_gateway_error_is_waited_out(server):
    server.script("/api/v1/servers", Reply(502, "<h1>Bad gateway</h1>", content_type="text/html"))
    assert client_of(server.url).servers() == server.servers


def test_a_wrong_key_is_told_what_to_do_and_not_tried_again(server):
    server.script(
        "/api/v2/generate", problem(401, "invalid_credentials", "Invalid API credentials")
    )
    with pytest.raises(QueueError, match="Connect again in the tab") as refused:
        client_of(server.url).submit(BODY, "click-1")
    assert refused.value.code == "invalid_credentials"
    assert len(server.submits) == 1


def test_too_many_requests_are_waited_for_when_it_is_short(server):
    server.script("/api/v2/generate", problem(429, "rate_limited", "Slow down", Retry_After="0"))
    assert client_of(server.url).submit(BODY, "click-1").job_id == "job-1"


def test_too_many_requests_are_handed_on_with_their_time_when_it_is_long(server):
    server.script("/api/v2/generate", problem(429, "rate_limited", "Slow down", Retry_After="90"))
    with pytest.raises(Unreachable, match=r"too many requests.*2 min") as failed:
        client_of(server.url).submit(BODY, "click-1")
    assert failed.value.retry_after_s == 90.0
    assert not failed.value.may_have_arrived
    assert len(server.submits) == 1


def test_a_refusal_names_field_and_limit_and_lists_the_rest(server):
    details = [
        {"field": "generation_params.width", "message": "Too big", "limit": 4096},
        {"field": "generation_params.sampler_name", "message": "no such", "choices": ["Euler a"]},
        {"field": "priority", "message": "Too big.", "limit": 10},
        {"field": "tags", "message": "Too\nmany"},
    ]
    server.script(
        "/api/v2/generate", problem(400, "invalid_request", "The request is not valid", *details)
    )
    with pytest.raises(QueueError) as refused:
        client_of(server.url).submit(BODY, "click-1")
    assert str(refused.value) == (
        "The request is not valid: width: Too big (limit 4096). sampler_name: no such. "
        "There is: Euler a. priority: Too big (limit 10). And 1 more."
    )
    assert refused.value.details[3] == "tags: Too many."


def test_a_redirect_is_never_followed_and_named(server):
    with AnsweringServer() as other:
        server.script("/api/v1/servers", Reply(302, "", {"Location": f"{other.url}/login?x=1"}))
        with pytest.raises(QueueError, match=f"sends on to {other.url}"):
            client_of(server.url).servers()
        assert other.requests == []


def test_a_redirect_to_nonsense_is_not_repeated_to_people(server):
    server.script("/api/v1/servers", Reply(302, "", {"Location": "javascript:alert(1)"}))
    with pytest.raises(QueueError) as refused:
        client_of(server.url).servers()
    assert "javascript" not in str(refused.value)


def test_an_answer_without_end_is_cut_off(server, monkeypatch):
    monkeypatch.setattr("mobilesd_queue.cloud.transport.JSON_BYTES_MAX", 1000)
    server.script("/api/v1/servers", Reply(200, "x" * 5000))
    with pytest.raises(QueueError, match="too large"):
        client_of(server.url).servers()


def test_a_refusal_during_a_long_body_is_read(server):
    server.hangs_up_early.add("/api/v2/uploads")
    server.script("/api/v2/uploads", problem(413, "body_too_large", "The body is too large"))
    with pytest.raises(QueueError, match="The body is too large"):
        client_of(server.url).upload(b"x" * 15_000_000)


def test_the_secret_shows_nowhere(server, caplog):
    caplog.set_level(logging.DEBUG)
    client = client_of(server.url)
    server.script("/api/v1/servers", problem(500, "internal", "Broken"), HTML)
    with pytest.raises(QueueError) as refused:
        client.servers()
    shown = [repr(client.endpoint), str(client.endpoint), str(refused.value), caplog.text]
    assert not any(SECRET in text for text in shown)


def test_a_code_is_claimed_without_a_key_and_only_once(server):
    made = {"key": "msk_new", "secret": "mss_new", "owner": "anna"}
    server.script(
        "/api/v1/pairings/claim", Reply(201, {"for": "extension", "key": made}, is_dropped=True)
    )
    with pytest.raises(Unreachable):
        client_of(server.url).claim("7K3M-Q2XW-9RTD", "Forge")
    (request,) = server.sent_to("/api/v1/pairings/claim")
    assert "X-API-Secret" not in request.headers
    assert request.json == {"code": "7K3M-Q2XW-9RTD", "for": "extension", "name": "Forge"}


@pytest.mark.parametrize("job_id", ["../../setup", "a/b", "a?b", "", "a\r\nb"])
def test_an_id_cannot_lead_to_another_route(server, job_id):
    with pytest.raises(QueueError, match="no job"):
        client_of(server.url).job(job_id)
    assert server.requests == []


def test_only_pictures_come_through_as_pictures(server):
    path = "/api/v1/images/preview/job_00001.webp"
    server.script(path, Reply(200, b"RIFF", content_type="image/webp"))
    type_, pieces = client_of(server.url).image("job_00001.webp", "preview")
    assert (type_, b"".join(pieces)) == ("image/webp", b"RIFF")
    server.script(path, Reply(200, b"<script>", content_type="text/html"))
    with pytest.raises(QueueError, match="does not answer like"):
        client_of(server.url).image("job_00001.webp", "preview")
    with pytest.raises(QueueError, match="no picture"):
        client_of(server.url).image("../x.webp", "preview")


TICKETS = "/api/v1/events/tickets"


@pytest.mark.parametrize("since", [None, "life-1.7"])
def test_a_page_hears_of_a_server_by_a_ticket_where_the_queue_is_reached_from_here(server, since):
    golden = json.loads(EVENT_TICKET.read_text("utf-8"))
    server.script(TICKETS, Reply(201, golden["answer"]))
    alias, ticket = golden["request"]["server_alias"], golden["answer"]["ticket"]
    url = urlsplit(client_of(server.url).event_socket(alias, since))
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"ws://127.0.0.1:{server.port}/api/v1/events"
    asked = {"server": alias, "ticket": ticket} | ({"since": since} if since else {})
    assert dict(parse_qsl(url.query)) == asked
    (request,) = server.sent_to(TICKETS)
    assert request.json == golden["request"]
    assert request.headers["X-API-Secret"] == SECRET


def test_neither_key_nor_secret_stands_in_the_address_of_a_socket(server):
    server.script(TICKETS, Reply(201, {"ticket": "t.1"}))
    url = client_of(server.url).event_socket("Attic", None)
    assert SECRET not in url and "msk_key" not in url


@pytest.mark.parametrize("ticket", [None, 5, "", "two lines\n", "x" * 1001], ids=repr)
def test_what_is_no_ticket_is_said_to_come_from_no_queue(server, ticket):
    server.script(TICKETS, Reply(201, {"ticket": ticket}))
    with pytest.raises(QueueError, match="does not answer like MobileSD Queue"):
        client_of(server.url).event_socket("Attic", None)


def test_a_ticket_is_asked_for_once_however_it_goes(server):
    server.script(TICKETS, problem(503, "unavailable", "Later"))
    with pytest.raises(Unreachable):
        client_of(server.url).event_socket("Attic", None)
    assert len(server.sent_to(TICKETS)) == 1
