"""From a click to the words at the button."""

import json
import logging
import re
from dataclasses import replace

import pytest

from mobilesd_queue.errors import QueueError, Unreachable
from mobilesd_queue.queueing import Outcome
from mobilesd_queue.service import Options
from mobilesd_queue.webui.answer_click import Click, ClickAnswers
from support.screens import txt2img

CLICK_ID = "6ba7b814-9dad-41d1-80b4-00c04fd430c8"
CLICK = Click(json.dumps({"click_id": CLICK_ID}), 5, "MyForgeServer", 1, "next")


class Queue:
    """Takes orders as the service does, or answers with an error."""

    def __init__(self, answer="Queued, next.", servers=()):
        self.answer = answer
        self.names = servers
        self.orders = []

    def queue(self, order):
        self.orders.append(order)
        if isinstance(self.answer, Exception):
            raise self.answer
        return Outcome("queued", (), self.answer)

    def servers(self):
        return [{"alias": name, "is_present": True} for name in self.names]


def answers(queue, screen=None, options=None):
    def read(values, request):
        return txt2img() if screen is None else screen

    return ClickAnswers(queue, lambda: options or Options(), read)


def order_of(click, **more):
    queue = Queue(servers=more.pop("servers", ()))
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
    assert "This cannot be queued:" in line
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


def test_what_breaks_is_said_without_its_insides(caplog):
    with caplog.at_level(logging.ERROR, logger="mobilesd_queue"):
        line, _ = said(Queue(RuntimeError("/home/me/secret")))
    assert "something broke in the extension" in line
    assert "/home/me" not in line


@pytest.mark.parametrize(
    "control", ["", None, "no json", "[]", "{}", '{"click_id": 5}', '{"click_id": "<b>"}']
)
def test_a_click_without_an_id_of_the_pages_own_gets_one(control):
    line, _ = said(Queue(), replace(CLICK, control=control))
    assert re.search(r'data-click="[0-9a-f-]{36}"', line)


def test_the_page_can_ask_for_more_seeds_than_the_accordion_says():
    asked = {"click_id": CLICK_ID, "repeat": 4, "seed_rule": "next"}
    order = order_of(replace(CLICK, control=json.dumps(asked), seed_rule="screen"))
    assert (order.repeat, order.seed_rule) == (4, "next")


@pytest.mark.parametrize(
    ("repeat", "taken"), [(3, 3), (0, 1), (99, 50), (None, 1), ("x", 1), (float("inf"), 1)]
)
def test_repeats_stay_within_what_one_click_may_ask(repeat, taken):
    assert order_of(replace(CLICK, repeat=repeat)).repeat == taken


@pytest.mark.parametrize(("priority", "taken"), [(1, 1), (10, 10), (0, 1), (11, 10), (None, 7)])
def test_a_priority_that_is_missing_is_the_settings(priority, taken):
    options = Options(server="box", priority=7)
    assert order_of(replace(CLICK, priority=priority), options=options).priority == taken


@pytest.mark.parametrize(
    ("chosen", "setting", "servers", "taken"),
    [
        ("attic", "box", ("box", "attic"), "attic"),
        (None, "box", ("box", "attic"), "box"),
        (" ", "", ("only",), "only"),
    ],
)
def test_the_server_is_the_chosen_else_the_settings_else_the_only_one(
    chosen, setting, servers, taken
):
    options = Options(server=setting)
    order = order_of(replace(CLICK, server=chosen), options=options, servers=servers)
    assert order.server == taken


@pytest.mark.parametrize(
    ("servers", "words"),
    [((), "knows no server yet"), (("attic", "box"), "Choose one of these servers")],
)
def test_without_a_server_the_answer_says_what_to_do(servers, words):
    queue = Queue(servers=servers)
    line, _ = said(queue, replace(CLICK, server=None))
    assert words in line
    assert queue.orders == []


def test_a_queue_that_is_away_is_told_with_what_keeps_the_job_all_the_same():
    class Away(Queue):
        def servers(self):
            raise Unreachable("Nothing answers at http://127.0.0.1:9.")

    line, _ = said(Away(), replace(CLICK, server=None))
    assert "Nothing answers at http://127.0.0.1:9. Choose a server" in line
