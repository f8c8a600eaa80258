"""What people paste to connect: the link of a queue, or the code in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from ..cloud.address import origin_of
from ..errors import QueueError

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_CHARS = 12
_EXAMPLE = "7K3M-Q2XW-9RTD"


@dataclass(frozen=True)
class PairingText:
    """A code, and the queue it is of; None where only the code was given."""

    code: str
    url: str | None


def read_pairing_text(text: str) -> PairingText:
    """Reads a link such as `http://host:3000/#pair=7K3M-Q2XW-9RTD`, or a code alone.

    Spaces, dashes and case do not matter in a code. Raises `QueueError`, which repeats nothing
    of what was pasted: it may be a secret.
    """
    link = re.search(r"https?://\S+", text, re.IGNORECASE)
    if link is None:
        if re.search(r"\bms[ksp]_", text):
            raise _unusable(
                "This is a key or a secret. Here goes the link or the code; keys are typed below."
            )
        return PairingText(_read_code(text), None)
    parts = urlsplit(link.group())
    fragment = unquote(parts.fragment).strip()
    is_pair_page = parts.path.rstrip("/") == "/pair"
    code = fragment.removeprefix("pair=")
    if not code or not (is_pair_page or fragment.startswith("pair=")):
        raise _unusable(
            f"This link has no code in it. It ends in #pair={_EXAMPLE} or the like; a new one "
            "comes with Enter where the queue was started."
        )
    return PairingText(_read_code(code), origin_of(link.group()))


def _unusable(sentence: str) -> QueueError:
    return QueueError(sentence, code="invalid_pairing")


def _read_code(text: str) -> str:
    code = re.sub(r"[\s\u2010-\u2015_.-]", "", text).upper()
    if not code:
        raise _unusable("Paste the link or the code that the queue shows.")
    if len(code) != _CODE_CHARS or not code.isascii() or not code.isalnum():
        raise _unusable(f"This is neither a link nor a code. A code looks like {_EXAMPLE}.")
    if not set(code) <= set(_ALPHABET):
        raise _unusable(
            "A code has none of the characters 0, 1, I, L, O and U. Is one of them another?"
        )
    return "-".join(code[start : start + 4] for start in range(0, _CODE_CHARS, 4))
