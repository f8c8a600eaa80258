"""Who may call the extension's routes: the very page that this Forge served, nobody behind it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from mobilesd_queue.errors import QueueError

HEADER = "x-mobilesd"

# Names that public DNS cannot give to a stranger, so that none can point one at this machine.
_HOME_SUFFIXES = (".localhost", ".local", ".lan", ".home", ".home.arpa", ".internal", ".ts.net")

_ELSEWHERE = "This was asked by another page than this Forge's own."
_OTHER_HOST = (
    "Forge was asked under another name than its page has. If a proxy stands before it, have the "
    "proxy pass the Host header on, or open Forge by https."
)
_PORTS = {"http": 80, "https": 443}


class Forbidden(QueueError):
    """The call does not come from the page; nothing was done."""

    def __init__(self, sentence: str = _ELSEWHERE) -> None:
        super().__init__(sentence, code="cross_site_request")


class NotLoggedIn(QueueError):
    """Forge has a login, and the caller has not passed it."""

    def __init__(self) -> None:
        super().__init__("Log in to Forge again: reload the page.", code="login_required")


def _host_of(netloc: str) -> str:
    """The name or address in `host:port`, in lower case, without the brackets of IPv6."""
    try:
        return (urlsplit(f"//{netloc}").hostname or "").lower()
    except ValueError:
        return ""


def _is_same_host(origin: str, host: str) -> bool:
    """Whether a Host header names the origin's host and port, which either may leave out."""
    try:
        asked = urlsplit(origin)
        named = urlsplit(f"{asked.scheme}://{host}")
        default = _PORTS.get(asked.scheme)
        ports = (asked.port or default, named.port or default)
    except ValueError:
        return False
    return bool(asked.hostname) and asked.hostname == named.hostname and ports[0] == ports[1]


def is_home_name(netloc: str) -> bool:
    """Whether a Host header names a machine at home: an address, or a name no stranger can own."""
    host = _host_of(netloc).rstrip(".")
    try:
        ipaddress.ip_address(host)
        return True
    except ValueError:
        return host != "" and ("." not in host or host.endswith(_HOME_SUFFIXES))


def require_same_origin(headers: Mapping[str, str], *, is_picture: bool, has_login: bool) -> None:
    """
    Raises Forbidden unless the request comes from this Forge's own page.

    Gradio reflects any Origin with credentials, so a preflight alone protects nothing here.
    Browsers send Sec-Fetch-Site only to https and localhost; elsewhere Origin and Host have to do,
    not X-Forwarded-Host, which a rebound name's page may send as it likes.
    A name that a stranger may own could be rebound to this machine, unless a login, whose cookie
    is bound to the name, stands before it.
    """
    site = headers.get("sec-fetch-site")
    if not is_picture and HEADER not in headers:
        raise Forbidden
    if site is not None:
        if site != "same-origin" and not (is_picture and site == "none"):
            raise Forbidden
        return
    host = headers.get("host", "")
    origin = headers.get("origin")
    if origin is not None and not _is_same_host(origin, host):
        raise Forbidden(_OTHER_HOST)
    if not has_login and not is_home_name(host):
        raise Forbidden(
            "Open Forge by https or by the machine's address, or start it with --gradio-auth: "
            "under this name anyone's page could reach it."
        )


def has_login(app: Any) -> bool:
    """Whether this Gradio app has a login of any kind."""
    return getattr(app, "auth", None) is not None or _dependency_of(app) is not None


def require_login(app: Any, request: Any) -> None:
    """Raises NotLoggedIn where Gradio has a login (its routes.py) that the request lacks."""
    if not has_login(app):
        return
    dependency = _dependency_of(app)
    if dependency is not None:
        user = dependency(request)
    else:
        names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
        tokens = (request.cookies.get(name) for name in names)
        user = app.tokens.get(next((token for token in tokens if token), None))
    if user is None:
        raise NotLoggedIn


def _dependency_of(app: Any) -> Any:
    return getattr(app, "auth_dependency", None)
