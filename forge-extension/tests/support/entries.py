"""Entries of an outbox."""

from __future__ import annotations

import hashlib

from mobilesd_queue.outbox.entry import Entry, Item

PNG = b"\x89PNG a picture"
SHA = hashlib.sha256(PNG).hexdigest()


def entry_of(number=1, **changes):
    usual = {
        "id": f"{number:013d}-00000000",
        "created_at": "2026-11-26T01:00:00Z",
        "url": "http://attic:3000",
        "key_start": "msk_1234…",
        "body": {
            "generation_params": {
                "positive_prompt": "a lighthouse",
                "img2img": {"init_image": {"mobilesd_picture": SHA}},
            }
        },
        "items": (Item("forge-click-0", None),),
        "pictures": (SHA,),
        "uploads": {},
    }
    return Entry(**{**usual, **changes})
