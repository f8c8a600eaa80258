"""The way through a proxy, as the environment or the system's settings say."""

from __future__ import annotations

import base64
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from .address import is_private


def proxy_for(origin: str) -> SplitResult | None:
    """The HTTP proxy to an origin; None where there is none. The home network needs none."""
    parts = urlsplit(origin)
    if is_private(origin) or proxy_bypass(parts.hostname or ""):
        return None
    url = getproxies().get(parts.scheme)
    proxy = urlsplit(url) if url else None
    return proxy if proxy and proxy.scheme == "http" and proxy.hostname else None


def login_headers(proxy: SplitResult) -> dict[str, str]:
    """What a proxy wants to see of who uses it."""
    if proxy.username is None:
        return {}
    login = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}
