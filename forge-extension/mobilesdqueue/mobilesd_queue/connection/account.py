"""Which queue is used and by which key: environment first, then the settings and the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..cloud.address import origin_of
from ..cloud.transport import Endpoint
from ..errors import QueueError
from .credentials import Credentials


@dataclass(frozen=True)
class Account:
    """A queue and our key there. `owner` is whose key it is, where that is known."""

    endpoint: Endpoint
    owner: str | None
    is_from_environment: bool


def account_of(
    *,
    url: str,
    key: str,
    verify_tls: bool,
    stored: Credentials | None,
    environ: Mapping[str, str],
) -> Account:
    """The account that holds; `url` and `key` are those of the settings.

    A secret is used only with the address and key that it was given for: whoever changes the
    address in the settings does not get it. Raises `QueueError` (`not_connected`).
    """
    secret = environ.get("MOBILESD_API_SECRET", "")
    url = environ.get("MOBILESD_URL") or url
    if secret:
        key = environ.get("MOBILESD_API_KEY") or key
        if not url or not key:
            raise _not_connected(
                "MOBILESD_API_SECRET is set: set MOBILESD_URL and MOBILESD_API_KEY too."
            )
        return Account(Endpoint(origin_of(url), key, secret, verify_tls), None, True)
    if stored is None:
        raise _not_connected(
            "Not connected to a queue yet. Paste its link in Settings, MobileSD, and press Connect."
        )
    is_same_queue = not url or origin_of(url) == stored.url
    if not is_same_queue or (key and key != stored.key):
        raise _not_connected(
            "The address or the key in the settings was changed. Connect again, or type the "
            "secret of that key, in Settings, MobileSD."
        )
    if not stored.url or not stored.key:
        raise _not_connected("The settings lack the queue's address or key. Connect again.")
    endpoint = Endpoint(stored.url, stored.key, stored.secret, verify_tls)
    return Account(endpoint, stored.owner, False)


def _not_connected(sentence: str) -> QueueError:
    return QueueError(sentence, code="not_connected")
