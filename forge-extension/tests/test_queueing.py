from __future__ import annotations

import gc
import os
import tracemalloc

import pytest
from PIL import Image

from mobilesd_queue.capture.picture import Picture
from mobilesd_queue.capture.png import encode_png
from mobilesd_queue.cloud.backoff import Patience
from mobilesd_queue.cloud.client import Client
from mobilesd_queue.cloud.sockets import Sockets
from mobilesd_queue.cloud.transport import Endpoint, Transport
from mobilesd_queue.errors import QueueError
from mobilesd_queue.queueing import Desk, Order, enqueue
from support.answering_server import AnsweringServer, dropped, problem

PARAMS = {"positive_prompt": "a lighthouse", "checkpoint_name": "a", "seed": 7, "batch_size": 2}
DOWN = problem(503, "unavailable", "Out of reach", Retry_After="60")


@pytest.fixture
def server():
    with AnsweringServer() as running:
        yield running


class Saved(list):
    def save(self, entry, pictures, why):
        self.append((entry, dict(pictures), why))


@pytest.fixture
def saved():
    return Saved()


@pytest.fixture
def desk(server, saved):
    transport = Transport(
        Endpoint(server.url, "msk_123456789", "mss_x"),
        user_agent="test",
        sockets=Sockets(connect_timeout_s=2.0),
        answer_timeout_s=5.0,
    )
    patience = Patience(tries=2, base_s=0.001, cap_s=0.002, budget_s=1.0)
    return Desk(
        client=Client(transport, sleep=lambda _: False, patience=patience),
        source_info="forge-extension/9",
        save=saved.save,
        new_entry_id=lambda: "0000000000000-00000000",
        now_s=lambda: 1_000.0,
        timestamp=lambda: "1970-01-01T00:16:40Z",
    )


def order(params=PARAMS, **changes):
    usual = {"server": "Attic", "priority": 5, "click_id": "click"}
    return Order(**{"params": dict(params), **usual, **changes})


def picture(color="red", role="init image", size=(8, 8)):
    return Picture(Image.new("RGB", size, color), role)


def test_one_click_is_one_request(server, desk):
    outcome = enqueue(order(), desk)
    assert (outcome.kind, outcome.sentence) == ("queued", "Queued, next.")
    assert outcome.jobs[0].id == "job-1"
    (request,) = server.requests
    assert request.headers["Idempotency-Key"] == "forge-click-0"
    assert request.json == {
        "app_type": "forge",
        "target_server_alias": "Attic",
        "priority": 5,
        "generation_params": PARAMS,
        "source_info": "forge-extension/9",
    }


def test_a_click_that_comes_twice_makes_no_second_job(server, desk):
    enqueue(order(), desk)
    enqueue(order(), desk)
    assert len(server.jobs) == 1


def test_each_picture_goes_once_also_for_several_jobs(server, desk):
    init = picture()
    args = [{"image": init}, {"image": picture()}, {"mask": picture("blue")}]
    params = {
        **PARAMS,
        "img2img": {"init_image": init},
        "alwayson_scripts": {"ControlNet": {"args": args}},
    }
    outcome = enqueue(order(params, repeat=3, seed_rule="next"), desk)
    assert len(outcome.jobs) == 3
    assert len(server.uploads) == 2
    bodies = [request.json["generation_params"] for request in server.submits]
    assert [body["seed"] for body in bodies] == [7, 9, 11]
    assert all(body["img2img"]["init_image"]["upload_id"] in server.uploads for body in bodies)
    sent = bodies[0]["alwayson_scripts"]["ControlNet"]["args"]
    assert sent[0]["image"] == sent[1]["image"] == bodies[0]["img2img"]["init_image"]
    assert sent[2]["mask"] != sent[0]["image"]


def test_a_queue_that_is_away_has_the_job_saved_and_said(server, desk, saved):
    server.script("/api/v2/generate", DOWN)
    outcome = enqueue(order(), desk)
    assert (outcome.kind, outcome.jobs, outcome.saved) == ("saved", (), 1)
    assert outcome.sentence == (
        "Saved here: The queue has a problem of its own (503). It wants to be asked again in "
        "1 min. It is sent when the queue can be reached."
    )
    ((entry, pictures, why),) = saved
    assert pictures == {}
    assert entry.items[0].key == "forge-click-0"
    assert why.retry_after_s == 60.0


def test_a_submit_whose_answer_was_lost_is_saved_as_perhaps_queued(server, desk, saved):
    server.script("/api/v2/generate", dropped, dropped)
    enqueue(order(), desk)
    assert saved[0][0].items[0].tried_at == 1_000.0


def test_pictures_are_saved_with_the_job_when_not_even_they_could_be_sent(server, desk, saved):
    server.script("/api/v2/uploads", DOWN)
    outcome = enqueue(order({**PARAMS, "img2img": {"init_image": picture()}}), desk)
    assert outcome.kind == "saved"
    ((entry, pictures, _),) = saved
    assert entry.items[0].tried_at is None
    assert list(pictures) == list(entry.pictures)
    assert entry.body["generation_params"]["img2img"] == {
        "init_image": {"mobilesd_picture": entry.pictures[0]}
    }
    assert next(iter(pictures.values())).startswith(b"\x89PNG")


def test_when_the_third_of_five_fails_it_is_told_how_many_are_queued(server, desk, saved):
    server.script("/api/v2/generate", lambda reply: reply, lambda reply: reply, DOWN)
    outcome = enqueue(order(repeat=5, seed_rule="next"), desk)
    assert (outcome.kind, len(outcome.jobs), outcome.saved) == ("queued", 2, 3)
    assert outcome.sentence.startswith("2 of 5 queued; the other 3 are saved here. ")
    assert [(item.key, item.seed) for item in saved[0][0].items] == [
        ("forge-click-2", 11),
        ("forge-click-3", 13),
        ("forge-click-4", 15),
    ]


def test_when_the_third_of_five_is_refused_it_is_told_and_nothing_saved(server, desk, saved):
    refusal = problem(401, "invalid_credentials", "Invalid API credentials")
    server.script("/api/v2/generate", lambda reply: reply, lambda reply: reply, refusal)
    with pytest.raises(QueueError, match=r"^2 of 5 queued, then: The queue does not accept"):
        enqueue(order(repeat=5), desk)
    assert saved == []


def test_when_the_rest_cannot_even_be_saved_it_is_told(server, desk, saved):
    def full(*_):
        raise QueueError("The disk is full.", code="not_saved")

    saved.save = full
    server.script("/api/v2/generate", lambda reply: reply, DOWN)
    desk = Desk(**{**vars(desk), "save": full})
    with pytest.raises(QueueError, match=r"^1 of 2 queued, then: The disk is full"):
        enqueue(order(repeat=2), desk)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"priority": 0}, "from 1"),
        ({"priority": 11}, "to 10"),
        ({"repeat": 0}, "1 to 50"),
        ({"repeat": 51}, "1 to 50"),
        ({"click_id": "a b"}, "Reload"),
        ({"click_id": ""}, "Reload"),
    ],
)
def test_what_cannot_be_an_order_is_said_before_anything_is_sent(server, desk, changes, sentence):
    with pytest.raises(QueueError, match=sentence):
        enqueue(order(**changes), desk)
    assert server.requests == []


def test_no_copy_of_a_picture_stays_in_memory(server, desk):
    params = {**PARAMS, "img2img": {"init_image": Picture(noise(700), "init image")}}
    enqueue(order(params), desk)
    gc.collect()
    tracemalloc.start()
    enqueue(order(params, click_id="another"), desk)
    server.requests.clear()
    kept_bytes, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes > 1_000_000
    assert kept_bytes < 200_000


def noise(side):
    return Image.frombytes("RGB", (side, side), os.urandom(side * side * 3))


def test_a_picture_is_packed_once_though_its_size_was_looked_at_before(server, desk, monkeypatch):
    packed = []

    def pack(image, **how):
        packed.append(image)
        return encode_png(image, **how)

    monkeypatch.setattr("mobilesd_queue.capture.picture.encode_png", pack)
    one = picture()
    assert one.size_bytes() > 0
    params = {**PARAMS, "img2img": {"init_image": one}, "alwayson_scripts": {"x": {"args": [one]}}}
    enqueue(order(params, repeat=3), desk)
    assert len(packed) == 1
    assert len(server.sent_to("/api/v2/uploads")) == 1
