"""Clicks, the outbox and what is known of the queue."""

from __future__ import annotations

import threading
import time

import pytest
from PIL import Image

from mobilesd_queue.capture.picture import Picture
from mobilesd_queue.errors import QueueError
from support.answering_server import AnsweringServer, Reply, problem
from support.forge_with_service import PARAMS, Forge, link_of, order, pairing_server
from support.waiting import wait_until


@pytest.fixture
def forge(tmp_path):
    made = Forge(tmp_path / "config" / "mobilesd" / "forge-1")
    yield made
    made.stop()


@pytest.fixture
def server():
    with pairing_server() as running:
        yield running


@pytest.fixture
def connected(forge, server):
    service = forge.load()
    assert service.connect(link_of(server))["ok"]
    return service


def test_with_the_queue_away_the_job_is_saved_shown_and_sent_when_it_is_back(forge):
    with AnsweringServer() as first:
        port = first.port
        service = forge.load()
        service.set_credentials(first.url, "msk_typed_key", "mss_s")
    params = {**PARAMS, "img2img": {"init_image": Picture(Image.new("RGB", (8, 8)), "init image")}}
    outcome = service.queue(order(params=params, server="Attic"))
    assert outcome.kind == "saved"
    assert "Is the queue running? It is sent when" in outcome.sentence
    state = service.state()
    assert state["connected"] is False
    assert "Is the queue running?" in state["error"]
    (saved,) = state["outbox"]
    assert (saved["tab"], saved["prompt"], saved["count"]) == ("img2img", "a lighthouse", 1)
    assert (saved["standing"], "Is the queue running?" in saved["sentence"]) == ("waiting", True)
    with AnsweringServer(port) as back:
        service.send_saved_now()
        wait_until(lambda: service.state()["outbox"] == [])
        assert list(back.jobs) == ["forge-click-0"]
        assert wait_until(lambda: service.state()["connected"])


def test_a_click_that_gets_through_sends_what_was_saved_before(server, connected):
    server.script("/api/v2/generate", problem(503, "unavailable", "Away", Retry_After="60"))
    assert connected.queue(order("first")).kind == "saved"
    wait_until(lambda: "503" in connected.state()["outbox"][0]["sentence"])
    assert connected.queue(order("second")).kind == "queued"
    wait_until(lambda: connected.state()["outbox"] == [])
    assert sorted(server.jobs) == ["forge-first-0", "forge-second-0"]


def test_a_slow_queue_does_not_hold_the_click_for_long_and_makes_one_job(forge, server):
    service = forge.load(answer_timeout_s=0.3)
    service.connect(link_of(server))
    release = threading.Event()
    slow = [lambda reply: Reply(200, reply.body, waits_for=release)] * 4
    server.script("/api/v2/generate", *slow)
    started_s = time.monotonic()
    assert service.queue(order()).kind == "saved"
    assert time.monotonic() - started_s < 5.0
    release.set()
    service.send_saved_now()
    wait_until(lambda: service.state()["outbox"] == [])
    assert len(server.jobs) == 1


def test_saved_jobs_can_be_discarded_and_refused_ones_sent_again(server, connected):
    away = problem(503, "unavailable", "Away", Retry_After="60")
    server.script("/api/v2/generate", away, problem(400, "unknown_server", "No such server"))
    connected.queue(order())
    connected.send_saved_now()
    (saved,) = wait_until(
        lambda: [one for one in connected.state()["outbox"] if one["standing"] == "refused"]
    )
    assert saved["sentence"] == "No such server."
    connected.send_saved_now(saved["id"])
    wait_until(lambda: connected.state()["outbox"] == [])
    assert len(server.jobs) == 1
    server.script("/api/v2/generate", away)
    connected.queue(order("another"))
    connected.discard_saved(connected.state()["outbox"][0]["id"])
    assert connected.state()["outbox"] == []
    with pytest.raises(QueueError, match="not saved here"):
        connected.discard_saved("x")


def test_the_state_never_waits_for_the_network_and_becomes_true(server, connected):
    never = threading.Event()
    held = Reply(200, {"jobs": [], "total": 3}, waits_for=never)
    server.script("/api/v1/queue/jobs", held)
    started_s = time.monotonic()
    state = connected.state()
    assert time.monotonic() - started_s < 0.2
    assert (state["connected"], state["waiting"]) == (True, None)
    never.set()
    wait_until(lambda: connected.state()["waiting"] == 3)
    (asked,) = server.sent_to("/api/v1/queue/jobs")
    # The queue lists the jobs of the key's owner: no other owner has to be named or known.
    assert asked.path == "/api/v1/queue/jobs?status=pending&limit=1"


def test_nothing_is_asked_while_nobody_looks(server, connected):
    connected.queue(order())
    asked = len(server.requests)
    threading.Event().wait(0.3)
    assert len(server.requests) == asked


def test_without_a_server_in_the_settings_the_only_one_is_taken_and_no_other(server, connected):
    server.servers = [{"alias": "Attic"}, {"alias": "Cellar"}]
    connected.test()
    with pytest.raises(
        QueueError, match=r"^Not queued: Choose a server in the accordion.*: Attic, Cellar"
    ):
        connected.queue(order())
    server.servers = []
    connected.test()
    with pytest.raises(QueueError, match="Start the agent on the PC that draws"):
        connected.queue(order())


def test_servers_are_asked_for_twice_a_minute_at_most(forge, server):
    now = [1_000.0]
    service = forge.load(now_s=lambda: now[0])
    service.connect(link_of(server))
    asked = len(server.sent_to("/api/v1/servers"))
    service.servers()
    assert len(server.sent_to("/api/v1/servers")) == asked
    now[0] += 31
    service.servers()
    assert len(server.sent_to("/api/v1/servers")) == asked + 1


def test_only_known_filters_reach_the_queue(server, connected):
    connected.jobs({"status": "pending", "places": "true", "evil": "1", "q": ""})
    assert server.requests[-1].path == "/api/v1/queue/jobs?status=pending&places=true"


def test_a_stop_is_quick_and_final_and_a_click_in_the_middle_is_saved(forge, server, connected):
    never = threading.Event()
    server.script("/api/v2/generate", lambda reply: Reply(200, reply.body, waits_for=never))
    outcomes = []
    click = threading.Thread(target=lambda: outcomes.append(connected.queue(order())))
    click.start()
    wait_until(lambda: server.submits)
    started_s = time.monotonic()
    connected.stop()
    click.join(2)
    assert time.monotonic() - started_s < 1.0
    assert outcomes[0].kind == "saved"
    never.set()
    with pytest.raises(QueueError, match="loaded anew"):
        connected.queue(order("late"))
    reloaded = forge.load()
    wait_until(lambda: reloaded.state()["outbox"] == [])
    assert len(server.jobs) == 1


@pytest.fixture
def left_alone(forge, server):
    """A connected Forge that has not looked for a while, and its queue's servers."""
    now = [1_000.0]
    service = forge.load(now_s=lambda: now[0])

    def leave(*names):
        server.servers = [{"alias": name, "is_present": True} for name in names]
        service.connect(link_of(server))
        now[0] += 3_600
        server.stop()
        return service

    return leave


def test_with_the_queue_away_the_only_server_that_is_known_is_taken(left_alone):
    service = left_alone("Attic")
    outcome = service.queue(order(server=" "))
    assert outcome.kind == "saved"
    assert service._store.entries()[0].body["target_server_alias"] == "Attic"


def test_a_vain_test_of_the_connection_does_not_make_the_known_server_unknown(left_alone):
    service = left_alone("Attic")
    assert not service.test()["ok"]
    assert service.queue(order()).kind == "saved"


def test_with_the_queue_away_and_a_choice_to_make_it_is_said_what_to_choose(left_alone):
    with pytest.raises(
        QueueError,
        match=r"^Not queued: Nothing answers at .* Choose a server \(Attic, Cellar\) in the "
        r"accordion MobileSD Queue, .* kept here until the queue is back\.$",
    ) as refused:
        left_alone("Attic", "Cellar").queue(order())
    assert refused.value.code == "no_server"


def test_without_any_server_known_it_is_said_what_keeps_the_job(forge):
    service = forge.load(connect_timeout_s=0.5)
    service.set_credentials("http://127.0.0.1:9", "msk_typed", "mss_typed")
    with pytest.raises(QueueError, match=r"^Not queued: Nothing .* Choose a server in the accord"):
        service.queue(order())
    forge.settings["server"] = "Attic"
    assert service.queue(order()).kind == "saved"


def test_a_refusal_says_first_that_nothing_was_queued(server, connected):
    server.script("/api/v2/generate", problem(403, "forbidden", "No"))
    with pytest.raises(QueueError, match=r"^Not queued: This key may not do that\.$") as refused:
        connected.queue(order())
    assert refused.value.code == "forbidden"
    server.script("/api/v2/generate", lambda reply: reply, problem(403, "forbidden", "No"))
    with pytest.raises(QueueError, match=r"^1 of 3 queued, then: This key may not do that\.$"):
        connected.queue(order("more", repeat=3))
    connected.stop()
    with pytest.raises(QueueError, match=r"^Not queued: Forge's page was loaded anew"):
        connected.queue(order("late"))


def test_a_retry_pressed_again_after_a_lost_answer_is_the_same_press(server, connected):
    path = "/api/v1/queue/jobs/job-1/retry"
    new = Reply(202, {"success": True, "mobilesd_job_id": "job-2"})
    server.script(path, *[new] * 4)
    for press_id in ("press", "press", None, None):
        assert connected.retry("job-1", press_id)["mobilesd_job_id"] == "job-2"
    keys = [request.headers["Idempotency-Key"] for request in server.sent_to(path)]
    assert keys[0] == keys[1] == "forge-retry-job-1-press"
    assert len(set(keys)) == 3
    with pytest.raises(QueueError, match="no usable id"):
        connected.retry("job-1", "two\nlines")


def test_a_saved_job_is_not_discarded_or_hurried_while_it_is_sent(server, connected):
    away = problem(503, "unavailable", "Away", Retry_After="60")
    server.script("/api/v2/generate", away)
    connected.queue(order())
    release = threading.Event()
    server.script("/api/v2/generate", lambda reply: Reply(200, reply.body, waits_for=release))
    connected.send_saved_now()
    wait_until(lambda: len(server.submits) == 2)
    (saved,) = connected.state()["outbox"]
    for act in (connected.discard_saved, connected.send_saved_now):
        with pytest.raises(QueueError, match="being sent at this moment"):
            act(saved["id"])
    release.set()
    wait_until(lambda: connected.state()["outbox"] == [])
    assert len(server.jobs) == 1


def test_send_now_without_a_connection_says_that_first(forge, server, connected):
    server.script("/api/v2/generate", problem(503, "unavailable", "Away", Retry_After="60"))
    connected.queue(order())
    connected.disconnect()
    (saved,) = connected.state()["outbox"]
    with pytest.raises(QueueError, match="Not connected to a queue yet"):
        connected.send_saved_now(saved["id"])
