from __future__ import annotations

import logging
import socket
import ssl
import subprocess
import threading
import time

import pytest

from mobilesd_queue.cloud.backoff import ONCE, Patience
from mobilesd_queue.cloud.client import Client
from mobilesd_queue.cloud.sockets import Sockets
from mobilesd_queue.cloud.transport import Endpoint, Transport
from mobilesd_queue.errors import QueueError, Unreachable
from support.answering_server import HTML, AnsweringServer, Reply, dropped, problem

SECRET = "mss_a-secret-that-must-never-show"
BODY = {"generation_params": {"positive_prompt": "a lighthouse"}}
QUICK = Patience(tries=3, base_s=0.001, cap_s=0.002, budget_s=5.0)


@pytest.fixture
def server():
    with AnsweringServer() as running:
        yield running


def client_of(url, *, patience=QUICK, timeout_s=5.0, sockets=None, verify_tls=True):
    transport = Transport(
        Endpoint(url, "msk_key", SECRET, verify_tls),
        user_agent="mobilesd-forge-extension/0",
        sockets=sockets or Sockets(connect_timeout_s=2.0),
        answer_timeout_s=timeout_s,
    )
    return Client(transport, sleep=threading.Event().wait, patience=patience)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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


def test_what_does_not_speak_http_is_said_to():
    with socket.create_server(("127.0.0.1", 0)) as other:

        def greet():
            connection, _ = other.accept()
            with connection:
                connection.recv(10_000)
                connection.sendall(b"220 mail.example.com ESMTP\r\n\r\n")

        threading.Thread(target=greet, daemon=True).start()
        url = f"http://127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(QueueError, match="does not answer like MobileSD Queue"):
            client_of(url, patience=ONCE).servers()


def test_a_gateway_error_is_waited_out(server):
    server.script("/api/v1/servers", Reply(502, "<h1>Bad gateway</h1>", content_type="text/html"))
    assert client_of(server.url).servers() == server.servers


def test_a_wrong_key_is_told_what_to_do_and_not_tried_again(server):
    server.script(
        "/api/v2/generate", problem(401, "invalid_credentials", "Invalid API credentials")
    )
    with pytest.raises(QueueError, match="Connect again in Settings") as refused:
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


def test_a_stop_ends_a_request_that_waits_within_a_moment(server):
    never = threading.Event()
    server.script("/api/v1/servers", Reply(200, {}, waits_for=never))
    sockets = Sockets(connect_timeout_s=2.0)
    threading.Timer(0.1, sockets.stop).start()
    started_s = time.monotonic()
    with pytest.raises(Unreachable) as ended:
        client_of(server.url, sockets=sockets, timeout_s=20, patience=ONCE).servers()
    never.set()
    assert ended.value.code == "stopped"
    assert time.monotonic() - started_s < 1.0


def test_a_stop_ends_a_connection_that_nobody_takes():
    with socket.socket() as full:
        # Nobody accepts and the backlog is full: like a packet filter that answers nothing.
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        sockets = Sockets(connect_timeout_s=30.0)
        threading.Timer(0.2, sockets.stop).start()
        started_s = time.monotonic()
        with pytest.raises(Unreachable):
            client_of(f"http://127.0.0.1:{address[1]}", sockets=sockets, patience=ONCE).servers()
        assert time.monotonic() - started_s < 1.0
        for filler in fillers:
            filler.close()


def test_nothing_is_asked_after_a_stop(server):
    sockets = Sockets(connect_timeout_s=2.0)
    sockets.stop()
    with pytest.raises(Unreachable):
        client_of(server.url, sockets=sockets, patience=ONCE).servers()
    assert server.requests == []


@pytest.fixture
def tls_server(tmp_path):
    request = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1"
    files = "-keyout key.pem -out cert.pem"
    command = f"{request} {files}".split()
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    with AnsweringServer() as running:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
        running.wrap(context)
        yield running


def test_a_certificate_that_nobody_vouches_for_is_refused_until_its_check_is_off(tls_server):
    url = tls_server.url.replace("http:", "https:")
    with pytest.raises(QueueError, match=r"certificate.*cannot be trusted") as refused:
        client_of(url).servers()
    assert refused.value.code == "untrusted"
    assert tls_server.requests == []
    assert client_of(url, verify_tls=False).servers() == tls_server.servers


def test_https_where_http_is_spoken_is_said(server):
    with pytest.raises(QueueError, match="does not speak https"):
        client_of(server.url.replace("http:", "https:"), patience=ONCE).servers()


def test_the_internet_is_reached_through_the_configured_proxy_and_the_home_network_is_not(
    server, monkeypatch
):
    with AnsweringServer() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert client_of(server.url).servers() == server.servers
        assert proxy.requests == []
        proxy.script("http://queue.example.com/api/v1/servers", Reply(200, {"servers": []}))
        assert client_of("http://queue.example.com").servers() == []
