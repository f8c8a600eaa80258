"""What one click left to be sent, and whether it may go by itself.

An entry's jobs are `unsent` items, each under the Idempotency-Key of its click. From the moment
its submit begins an item counts as tried: the queue may have it, and only the same key sent to
the same queue, within the week that it keeps keys, is sure to make no second job.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

from ..cloud.limits import IDEMPOTENCY_TTL_S

PICTURE_KEY = "mobilesd_picture"
"""Stands, with a sha256, where an upload's id goes."""

TRIED_AGE_MAX_S = IDEMPOTENCY_TTL_S - 86_400.0
"""A day less than the queue keeps an Idempotency-Key."""

Standing = Literal["waiting", "asks", "refused"]


@dataclass(frozen=True)
class Item:
    """One job. `tried_at` is when its first submit began (seconds since 1970), if one did."""

    key: str
    seed: int | None
    tried_at: float | None = None


@dataclass(frozen=True)
class Entry:
    """The rest of a click. `body` has `{PICTURE_KEY: sha256}` where pictures go.

    `allowed` is the queue and the key's start that its owner answered yes for, when asked.
    """

    id: str
    created_at: str
    url: str
    key_start: str
    body: dict[str, Any]
    items: tuple[Item, ...]
    pictures: tuple[str, ...]
    uploads: Mapping[str, str]
    refusal: str | None = None
    allowed: tuple[str, str] | None = None

    @property
    def tab(self) -> str:
        """The tab it was captured on."""
        return "img2img" if "img2img" in self.body.get("generation_params", {}) else "txt2img"

    @property
    def prompt(self) -> str:
        return str(self.body.get("generation_params", {}).get("positive_prompt", ""))

    def without(self, item: Item) -> Entry:
        return replace(self, items=tuple(one for one in self.items if one is not item))

    def tried(self, item: Item, now_s: float, *, url: str, key_start: str) -> Entry:
        """The same, with an item marked before it is submitted to a queue by a key.

        What goes elsewhere than before, or once more by its owner's leave, begins a week anew,
        and the leave is used up by it.
        """
        place = (url, key_start)
        is_anew = (self.url, self.key_start) != place or self.allowed == place
        items = []
        for one in self.items:
            tried_at = None if is_anew else one.tried_at
            if one is item and tried_at is None:
                tried_at = now_s
            items.append(replace(one, tried_at=tried_at))
        allowed = None if is_anew else self.allowed
        return replace(self, url=url, key_start=key_start, items=tuple(items), allowed=allowed)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def entry_from_json(value: Any) -> Entry:
    """The entry that `to_json` wrote. Raises `ValueError`, `TypeError` or `LookupError`."""
    items = tuple(Item(**item) for item in value["items"])
    allowed = None if value["allowed"] is None else tuple(value["allowed"])
    parts = {"items": items, "pictures": tuple(value["pictures"]), "allowed": allowed}
    entry = Entry(**{**value, **parts})
    if not isinstance(entry.body, dict) or not isinstance(entry.uploads, dict):
        raise TypeError("not an entry")
    datetime.fromisoformat(entry.created_at.replace("Z", "+00:00"))
    return entry


def standing_of(entry: Entry, *, url: str, key_start: str, now_s: float) -> tuple[Standing, str]:
    """Whether an entry goes to that queue by itself now, and the sentence for its owner."""
    if entry.refusal is not None:
        return "refused", entry.refusal
    tried = [item.tried_at for item in entry.items if item.tried_at is not None]
    question = None
    if entry.url != url:
        question = f"It was meant for {entry.url}. Send it to {url}?"
    elif tried and entry.key_start != key_start:
        question = "It was first sent by another key, and may be queued already. Send it again?"
    elif tried and now_s - min(tried) > TRIED_AGE_MAX_S:
        question = "It was first sent days ago, and may be queued already. Send it again?"
    if question is None or entry.allowed == (url, key_start):
        return "waiting", "It is sent when the queue can be reached."
    return "asks", question


def agreed(entry: Entry, *, url: str, key_start: str, now_s: float) -> Entry:
    """The entry after its owner said "send it": that allows what was asked about, and no more."""
    standing, _ = standing_of(entry, url=url, key_start=key_start, now_s=now_s)
    if standing == "asks":
        return replace(entry, allowed=(url, key_start))
    return replace(entry, refusal=None)


def body_with_uploads(entry: Entry) -> dict[str, Any]:
    """The body as it is sent. Every picture must be uploaded."""
    return _filled(entry.body, entry.uploads)


def _filled(tree: Any, uploads: Mapping[str, str]) -> Any:
    if isinstance(tree, dict):
        if set(tree) == {PICTURE_KEY}:
            return {"upload_id": uploads[tree[PICTURE_KEY]]}
        return {key: _filled(value, uploads) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_filled(value, uploads) for value in tree]
    return tree


def missing_uploads(entry: Entry) -> Iterator[str]:
    """The pictures, by sha256, that have to be uploaded first."""
    return (sha256 for sha256 in entry.pictures if sha256 not in entry.uploads)
