"""Addresses of a queue, as people write them."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from ..errors import QueueError

_LOCAL_SUFFIXES = (".local", ".lan", ".home", ".internal", ".home.arpa", ".localhost")
# Private networks laid over the internet (Tailscale and others); they encrypt by themselves.
_SHARED_NETWORK = ipaddress.ip_network("100.64.0.0/10")


# RFC 1123: labels of at most 63 characters, 253 in all. What is longer or empty breaks lookups.
_NAME = re.compile(r"(?=.{1,254}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")


def not_an_address() -> QueueError:
    """What was given cannot be the address of a queue."""
    return QueueError(
        "This is not the address of a queue. It looks like https://queue.example.com or "
        "http://192.168.1.20:3000.",
        code="invalid_address",
    )


def origin_of(text: str) -> str:
    """The origin that a text names: scheme, host and port, nothing behind them.

    Without a scheme it is http in a home network and https elsewhere. Raises `QueueError`.
    """
    text = text.strip()
    if not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://", text):
        scheme = "http" if is_private(f"http://{text}") else "https"
        text = f"{scheme}://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise not_an_address() from None
    host = parts.hostname or ""
    if parts.scheme.lower() not in ("http", "https") or parts.username is not None:
        raise not_an_address()
    if not _NAME.fullmatch(host) and not _is_ipv6(host):
        raise not_an_address()
    shown = f"[{host}]" if ":" in host else host
    scheme = parts.scheme.lower()
    is_default = port in (None, {"http": 80, "https": 443}[scheme])
    return f"{scheme}://{shown}" if is_default else f"{scheme}://{shown}:{port}"


def _is_ipv6(host: str) -> bool:
    if "%" in host:
        return False
    try:
        return ipaddress.ip_address(host).version == 6
    except ValueError:
        return False


def is_private(origin: str) -> bool:
    """Whether an address lies in one's own machine or home network, by its form alone."""
    try:
        host = urlsplit(origin).hostname or ""
    except ValueError:
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(_LOCAL_SUFFIXES)
    return address.is_private or address.is_link_local or address in _SHARED_NETWORK


def is_in_the_clear(origin: str) -> bool:
    """Whether a key sent there can be read on its way through the internet."""
    return origin.startswith("http://") and not is_private(origin)
