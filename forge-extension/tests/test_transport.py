"""The wire itself: stops, certificates, proxies, and what does not speak HTTP."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time

import pytest

from mobilesd_queue.cloud.backoff import ONCE
from mobilesd_queue.cloud.sockets import Sockets
from mobilesd_queue.errors import QueueError, Unreachable
from support.answering_server import AnsweringServer, Reply
from support.clients import client_of


@pytest.fixture
def server():
    with AnsweringServer() as running:
        yield running


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


@pytest.mark.parametrize("host", ["a..b", f"{'a' * 64}.example.com"])
def test_a_name_that_cannot_be_looked_up_is_said_to_be_none(host):
    with pytest.raises(QueueError, match="not the address of a queue") as refused:
        client_of(f"https://{host}", patience=ONCE).servers()
    assert refused.value.code == "invalid_address"


@pytest.mark.parametrize("proxy", ["http://anna:mss_x@proxy:80a0", "http://[proxy"])
def test_a_proxy_that_is_no_address_is_said_without_its_login(monkeypatch, proxy):
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(QueueError, match=r"The proxy of this machine \(http_proxy\)") as refused:
        client_of("http://queue.example.com", patience=ONCE).servers()
    assert "mss_x" not in str(refused.value)
