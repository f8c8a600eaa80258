"""Which queue is used and by which key: environment first, then the settings and the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..cloud.address import origin_of
from ..cloud.transport import Endpoint, is_credential
from ..errors import QueueError
from .credentials import Credentials

URL_VARIABLE = "MOBILESD_URL"
KEY_VARIABLE = "MOBILESD_API_KEY"
SECRET_VARIABLE = "MOBILESD_API_SECRET"


@dataclass(frozen=True)
class Account:
    """A queue and our key there. `owner` is whose key it is, where that is known."""

    endpoint: Endpoint
    owner: str | None


def is_set_by(environ: Mapping[str, str]) -> bool:
    """Whether the environment says which queue is used, so that nothing else has a say."""
    return bool(environ.get(SECRET_VARIABLE, "").strip())


def account_of(
    *,
    url: str,
    key: str,
    verify_tls: bool,
    stored: Credentials | None,
    environ: Mapping[str, str],
) -> Account:
    """The account that holds; `url` and `key` are those of the settings.

    A secret is used only with the address and key that it was given for, in the same place:
    whoever changes the address in the settings does not get it. Raises `QueueError`.
    """
    if is_set_by(environ):
        return Account(_endpoint_of_environment(environ, verify_tls), None)
    url = environ.get(URL_VARIABLE, "").strip() or url
    if stored is None:
        raise _not_connected(
            "Not connected to a queue yet. Paste its link in the tab MobileSD Queue and press "
            "Connect."
        )
    is_same_queue = not url or origin_of(url) == stored.url
    if not is_same_queue or (key and key != stored.key):
        raise _not_connected(
            "The address or the key in the settings was changed. Connect again, or type the "
            "secret of that key, in the tab MobileSD Queue."
        )
    if not stored.url or not stored.key:
        raise _not_connected("The settings lack the queue's address or key. Connect again.")
    endpoint = Endpoint(origin_of(stored.url), stored.key, stored.secret, verify_tls)
    return Account(endpoint, stored.owner)


def _endpoint_of_environment(environ: Mapping[str, str], verify_tls: bool) -> Endpoint:
    # What is read from a secret's file ends in a newline often enough.
    url, key, secret = (
        environ.get(name, "").strip() for name in (URL_VARIABLE, KEY_VARIABLE, SECRET_VARIABLE)
    )
    if not url or not key:
        raise _not_connected(
            f"{SECRET_VARIABLE} is set in Forge's environment: set {URL_VARIABLE} and "
            f"{KEY_VARIABLE} there too."
        )
    for name, value in ((KEY_VARIABLE, key), (SECRET_VARIABLE, secret)):
        if not is_credential(value):
            raise _not_connected(
                f"{name} in Forge's environment has a space or another character that none has."
            )
    return Endpoint(origin_of(url), key, secret, verify_tls)


def _not_connected(sentence: str) -> QueueError:
    return QueueError(sentence, code="not_connected")
