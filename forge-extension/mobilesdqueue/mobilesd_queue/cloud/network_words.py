"""What the network raises, as sentences for a person."""

from __future__ import annotations

import http.client
import socket
import ssl
from urllib.parse import urlsplit

from ..errors import QueueError, Unreachable
from .address import not_an_address


def failure_of(error: Exception, url: str, answer_timeout_s: float) -> QueueError:
    """The error to tell instead of one that came while a queue at `url` was called."""
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = error.verify_message.rstrip(".")
        return QueueError(
            f"The certificate of {url} cannot be trusted ({reason}). Is the address right? For "
            "a certificate of your own, switch off its check in Settings, MobileSD.",
            code="untrusted",
        )
    if isinstance(error, ssl.SSLError) and error.reason == "WRONG_VERSION_NUMBER":
        return QueueError(f"{url} does not speak https. Is it http?", code="not_a_queue")
    if isinstance(error, socket.gaierror):
        return Unreachable(
            f"The name {urlsplit(url).hostname} is not known here. Is the address right, and is "
            "there a network?"
        )
    if isinstance(error, UnicodeError):
        return not_an_address()
    if isinstance(error, TimeoutError):
        return late(url, answer_timeout_s)
    if isinstance(error, ConnectionRefusedError):
        return Unreachable(f"Nothing answers at {url}. Is the queue running?")
    if isinstance(error, http.client.BadStatusLine) and not isinstance(error, OSError):
        return not_a_queue(url)
    return Unreachable(f"The connection to {url} broke.")


def late(url: str, answer_timeout_s: float) -> Unreachable:
    """No answer in time."""
    return Unreachable(f"The queue at {url} took longer than {round(answer_timeout_s)} s.")


def not_a_queue(url: str) -> QueueError:
    """Something else answered."""
    return QueueError(
        f"What answers at {url} does not answer like MobileSD Queue. Is the address right?",
        code="not_a_queue",
    )
