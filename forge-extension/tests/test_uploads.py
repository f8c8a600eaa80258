from __future__ import annotations

import threading

import pytest

from mobilesd_queue.cloud.uploads import Uploads
from mobilesd_queue.errors import QueueError, Unreachable


class Recorder:
    def __init__(self, *, fails=None):
        self.sent: list[bytes] = []
        self.fails = fails or {}

    def upload(self, png: bytes) -> str:
        self.sent.append(png)
        if png in self.fails:
            raise self.fails[png]
        return f"upl_{png.decode()}"


def hand_over(recorder, pictures):
    uploads = Uploads(recorder.upload)
    uploads.hand_over({name: (lambda png=png: png) for name, png in pictures.items()})
    return uploads


def test_equal_pictures_are_sent_once():
    recorder = Recorder()
    uploads = hand_over(recorder, {"init": b"a", "control": b"a", "mask": b"b"})
    assert sorted(recorder.sent) == [b"a", b"b"]
    assert uploads.sha256_of["init"] == uploads.sha256_of["control"]
    assert uploads.id_of[uploads.sha256_of["mask"]] == "upl_b"


def test_pictures_are_packed_and_sent_side_by_side():
    meeting = threading.Barrier(4, timeout=5)

    def upload(png: bytes) -> str:
        meeting.wait()
        return "upl"

    uploads = Uploads(upload)
    uploads.hand_over({name: (lambda name=name: name.encode()) for name in "abcd"})
    assert len(uploads.id_of) == 4


def test_without_a_queue_every_picture_is_packed_all_the_same():
    pictures = {str(i): str(i).encode() for i in range(9)}
    uploads = Uploads(Recorder(fails={png: Unreachable("no") for png in pictures.values()}).upload)
    with pytest.raises(Unreachable):
        uploads.hand_over({name: (lambda png=png: png) for name, png in pictures.items()})
    assert sorted(uploads.png_of.values()) == sorted(pictures.values())
    assert uploads.id_of == {}


def test_what_waiting_does_not_mend_is_the_error_that_is_told():
    fails = {b"a": Unreachable("no"), b"b": QueueError("not a picture", code="invalid_image")}
    with pytest.raises(QueueError) as refused:
        # The refusal comes whichever is sent first, unless the other one ends the round.
        hand_over(Recorder(fails={b"b": fails[b"b"]}), {"x": b"a", "y": b"b"})
    assert refused.value.code == "invalid_image"
