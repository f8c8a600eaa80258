"""From a click to the words at the button."""

import json
import logging
import re
from dataclasses import replace

import pytest

from mobilesd_queue.cloud.limits import JOBS_PER_CLICK_MAX
from mobilesd_queue.errors import QueueError
from mobilesd_queue.queueing import Outcome
from mobilesd_queue.service import Options
from mobilesd_queue.webui.answer_click import Click, ClickAnswers
from support.screens import txt2img

CLICK_ID = "6ba7b8149dad41d180b400c04fd430c8"
CLICK = Click(json.dumps({"click_id": CLICK_ID}), 5, "MyForgeServer", 1, "next")


class Queue:
    """Takes orders as the service does, or answers with an error."""

    def __init__(self, answer="Queued, next."):
        self.answer = answer
        self.orders = []

    def queue(self, order):
        self.orders.append(order)
        if isinstance(self.answer, Exception):
            raise self.answer
        return Outcome("queued", (), self.answer)


def answers(queue, screen=None, options=None):
    def read(values, request):
        return txt2img() if screen is None else screen

    return ClickAnswers(queue, lambda: options or Options(), read)


def order_of(click, **more):
    queue = Queue()
    answers(queue, **more).answer(click, [], None)
    return queue.orders[0]


def said(queue, click=CLICK, **more):
    return answers(queue, **more).answer(click, [], None)


def test_the_answer_names_its_click_and_says_what_became_of_it():
    line, in_accordion = said(Queue())
    assert 'data-kind="queued"' in line
    assert f'data-click="{CLICK_ID}"' in line
    assert ">Queued, next.</div>" in line
    assert "data-click" not in in_accordion


def test_the_answer_names_the_clicks_before_it_too():
    both = answers(Queue())
    both.answer(CLICK, [], None)
    second = replace(CLICK, control=json.dumps({"click_id": CLICK_ID.replace("6", "7")}))
    line, _ = both.answer(second, [], None)
    assert f'data-clicks="{CLICK_ID} {CLICK_ID.replace("6", "7")}"' in line


def test_the_screen_is_what_is_ordered():
    order = order_of(CLICK)
    assert order.params["positive_prompt"] == txt2img().values["prompt"]
    assert (order.server, order.priority, order.click_id) == ("MyForgeServer", 5, CLICK_ID)


def test_every_reason_against_queueing_is_a_point_of_its_own_and_nothing_is_sent():
    queue = Queue()
    bad = txt2img()
    bad = replace(bad, values={**bad.values, "width": 65, "batch_size": 99})
    line, _ = said(queue, screen=bad)
    assert ">Not queued:<ul>" in line
    assert line.count("<li>") == 2
    assert queue.orders == []


def test_an_error_of_the_queue_is_told_in_its_own_words():
    line, _ = said(Queue(QueueError("No such server: attic.", details=("No such server",))))
    assert 'data-kind="refused"' in line
    assert ">No such server: attic.</div>" in line


@pytest.mark.parametrize("kind", [str, QueueError])
def test_markup_in_names_stays_text(kind):
    line, _ = said(Queue(kind("No <img src=x onerror=alert(1)>.")))
    assert "<img" not in line
    assert "&lt;img" in line


def test_what_breaks_before_anything_is_sent_is_not_queued_and_told_without_its_insides(caplog):
    def read(values, request):
        raise RuntimeError("/home/me/secret")

    queue = Queue()
    with caplog.at_level(logging.ERROR, logger="mobilesd_queue"):
        line, _ = ClickAnswers(queue, Options, read).answer(CLICK, [], None)
    assert ">Not queued: something broke in the extension." in line
    assert "/home/me" not in line
    assert queue.orders == []


def test_what_breaks_while_queueing_may_be_queued_and_says_where_to_look(caplog):
    with caplog.at_level(logging.ERROR, logger="mobilesd_queue"):
        line, _ = said(Queue(RuntimeError("/home/me/secret")))
    assert "Not queued" not in line
    assert "may be queued" in line
    assert "the tab MobileSD Queue" in line
    assert "/home/me" not in line


def test_a_click_pressed_again_after_its_answer_was_lost_is_told_to_be_queued_already():
    reused = QueueError("Not queued: This key was used.", code="idempotency_key_reused")
    line, _ = said(Queue(reused))
    assert "Not queued" not in line
    assert "is queued already" in line


@pytest.mark.parametrize(
    "control", ["", None, "no json", "[]", "{}", '{"click_id": 5}', '{"click_id": "<b>"}']
)
def test_a_click_without_an_id_of_the_pages_own_gets_one(control):
    line, _ = said(Queue(), replace(CLICK, control=control))
    assert re.search(r'data-click="[0-9a-f]{32}"', line)


def test_the_page_can_ask_for_more_seeds_than_the_accordion_says():
    asked = {"click_id": CLICK_ID, "repeat": 4, "seed_rule": "next"}
    order = order_of(replace(CLICK, control=json.dumps(asked), seed_rule="screen"))
    assert (order.repeat, order.seed_rule) == (4, "next")


@pytest.mark.parametrize(
    ("repeat", "taken"),
    [(3, 3), (0, 1), (999, JOBS_PER_CLICK_MAX), (None, 1), ("x", 1), (float("inf"), 1)],
)
def test_repeats_stay_within_what_one_click_may_ask(repeat, taken):
    assert order_of(replace(CLICK, repeat=repeat)).repeat == taken


@pytest.mark.parametrize(("priority", "taken"), [(1, 1), (10, 10), (0, 1), (11, 10), (None, 7)])
def test_a_priority_that_is_missing_is_the_settings(priority, taken):
    options = Options(server="box", priority=7)
    assert order_of(replace(CLICK, priority=priority), options=options).priority == taken


@pytest.mark.parametrize("chosen", [None, "", " "])
def test_without_a_chosen_server_the_service_chooses(chosen):
    assert order_of(replace(CLICK, server=chosen), options=Options(server="box")).server == ""
