"""The way through a proxy, as the environment or the system's settings say."""

from __future__ import annotations

import base64
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from ..errors import QueueError
from .address import is_private


def proxy_for(origin: str) -> SplitResult | None:
    """The HTTP proxy to an origin; None where there is none. The home network needs none.

    Raises `QueueError` for a proxy that is not an address; it may hold a login, so it is not told.
    """
    parts = urlsplit(origin)
    if is_private(origin) or proxy_bypass(parts.hostname or ""):
        return None
    url = getproxies().get(parts.scheme)
    try:
        proxy = urlsplit(url or "")
        is_usable = proxy.scheme == "http" and bool(proxy.hostname) and proxy.port != 0
    except ValueError:
        raise QueueError(
            f"The proxy of this machine ({parts.scheme}_proxy) is not an address. Mend it where it "
            "is set, and start Forge again.",
            code="invalid_address",
        ) from None
    return proxy if is_usable else None


def login_headers(proxy: SplitResult) -> dict[str, str]:
    """What a proxy wants to see of who uses it."""
    if proxy.username is None:
        return {}
    login = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}
