"""Clients of a server that answers, as the service makes them."""

from __future__ import annotations

import socket
import threading

from mobilesd_queue.cloud.backoff import Patience
from mobilesd_queue.cloud.client import Client
from mobilesd_queue.cloud.sockets import Sockets
from mobilesd_queue.cloud.transport import Endpoint, Transport

SECRET = "mss_a-secret-that-must-never-show"
QUICK = Patience(tries=3, base_s=0.001, cap_s=0.002, budget_s=5.0)


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
