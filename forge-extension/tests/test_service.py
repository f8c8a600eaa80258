from __future__ import annotations

import socket
import stat
import threading
import time

import pytest
from PIL import Image

from mobilesd_queue.capture.picture import Picture
from mobilesd_queue.connection.queue_link import Wire
from mobilesd_queue.errors import QueueError
from mobilesd_queue.service import Options, Order, Service
from support.answering_server import HTML, AnsweringServer, Reply, problem
from support.waiting import wait_until

KEY = {"key": "msk_abcdefghijk", "secret": "mss_secret", "owner": "anna"}
CODE = "7K3M-Q2XW-9RTD"
PARAMS = {"positive_prompt": "a lighthouse", "checkpoint_name": "a", "seed": 7}


class Forge:
    """A Forge with settings that the service reads and writes."""

    def __init__(self, folder):
        self.folder = folder
        self.settings = {"url": "", "api_key": "", "server": "", "priority": 5, "verify_tls": True}
        self.environ: dict[str, str] = {}
        self.services: list[Service] = []

    def keep(self, url, api_key):
        self.settings |= {"url": url, "api_key": api_key}

    def load(self, **wire):
        made = Service(
            folder=self.folder,
            options=lambda: Options(**self.settings),
            keep_options=self.keep,
            environ=self.environ,
            version="9",
            wire=Wire(**{"random": lambda: 0.01, "answer_timeout_s": 5.0, **wire}),
        )
        self.services.append(made)
        made.start()
        return made


@pytest.fixture
def forge(tmp_path):
    made = Forge(tmp_path / "config" / "mobilesd" / "forge-1")
    yield made
    for service in made.services:
        service.stop()


@pytest.fixture
def server():
    with AnsweringServer() as running:
        running.script("/api/v1/pairings/claim", Reply(201, {"for": "extension", "key": KEY}))
        yield running


@pytest.fixture
def connected(forge, server):
    service = forge.load()
    assert service.connect(f"{server.url}/#pair={CODE}")["ok"]
    return service


def order(click_id="click", **changes):
    return Order(**{"params": PARAMS, "server": "", "priority": 5, "click_id": click_id, **changes})


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_one_paste_and_one_click_queue_a_job(forge, server):
    service = forge.load()
    result = service.connect(f"{server.url}/#pair={CODE}")
    assert result == {
        "ok": True,
        "sentence": f"Connected to {server.url} as anna. There: Attic.",
        "warning": None,
        "owner": "anna",
        "servers": server.servers,
    }
    assert service.queue(order()).sentence == "Queued, next."
    assert server.submits[0].json["target_server_alias"] == "Attic"


def test_the_secret_is_in_its_file_and_nowhere_else(forge, server, connected):
    path = forge.folder / "credentials.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "mss_secret" in path.read_text()
    assert "mss_secret" not in str([forge.settings, connected.state(), connected.test()])
    assert forge.settings["api_key"] == KEY["key"]
    assert connected.state()["key_start"] == "msk_abcd…"


def test_another_address_in_the_settings_does_not_get_the_secret(forge, connected):
    with AnsweringServer() as thief:
        forge.settings["url"] = thief.url
        with pytest.raises(QueueError, match="was changed"):
            connected.queue(order())
        assert connected.state()["error"].startswith("The address or the key")
        assert not connected.test()["ok"]
        assert thief.requests == []


def test_a_bare_code_goes_to_the_queue_of_the_settings(forge, server):
    service = forge.load()
    with pytest.raises(QueueError, match="Paste the whole link"):
        service.connect(CODE)
    forge.settings["url"] = server.url
    assert service.connect(CODE.lower())["ok"]


def test_a_used_code_is_said_to_be_one(forge, server):
    with AnsweringServer() as other:
        other.script("/api/v1/pairings/claim", problem(401, "pairing_code_invalid", "Used"))
        with pytest.raises(QueueError, match="used up, older than ten minutes") as refused:
            forge.load().connect(f"{other.url}/#pair={CODE}")
    assert "Connect again" not in str(refused.value)
    assert not forge.folder.exists()


def test_key_and_secret_can_be_typed_and_the_secret_left_as_it_is(forge, server):
    service = forge.load()
    assert service.set_credentials(f" {server.url}/ ", " msk_typed ", " mss_typed ")["ok"]
    assert service.set_credentials(server.url, "msk_typed", "")["ok"]
    assert server.requests[-1].headers["X-API-Secret"] == "mss_typed"
    with pytest.raises(QueueError, match="Type the secret"):
        service.set_credentials(server.url, "msk_other", "")
    with pytest.raises(QueueError, match="not a secret"):
        service.set_credentials(server.url, "msk_typed", "with\nnewline")


def test_the_environment_wins_and_nothing_is_written(forge, server):
    forge.environ = {
        "MOBILESD_URL": server.url,
        "MOBILESD_API_KEY": "msk_env",
        "MOBILESD_API_SECRET": "mss_env",
    }
    assert forge.load().test()["ok"]
    assert server.requests[-1].headers["X-API-Key"] == "msk_env"
    assert not forge.folder.exists()


def test_an_old_secret_of_the_options_works_after_it_was_moved(forge, server):
    forge.settings |= {"url": server.url, "api_key": "msk_old"}
    service = forge.load()
    assert service.adopt_old_secret("mss_old")
    assert not service.adopt_old_secret("")
    assert service.test()["ok"]
    assert server.requests[-1].headers["X-API-Secret"] == "mss_old"
    assert service.adopt_old_secret("mss_older")
    assert service.test()["ok"]
    assert server.requests[-1].headers["X-API-Secret"] == "mss_old"


def test_disconnecting_forgets_the_key_and_tells_what_is_saved(forge, server, connected):
    server.script("/api/v2/generate", problem(503, "unavailable", "Away", Retry_After="60"))
    assert connected.queue(order()).kind == "saved"
    assert connected.disconnect() == {"saved": 1}
    assert not (forge.folder / "credentials.json").exists()
    state = connected.state()
    assert (state["connected"], forge.settings["api_key"]) == (False, "")
    assert state["outbox"][0]["sentence"] == "It waits for a connection."


def test_uninstalling_after_a_disconnect_leaves_nothing(forge, connected):
    connected.queue(order())
    connected.disconnect()
    connected.stop()
    assert not forge.folder.parent.exists()


def test_a_key_in_the_clear_over_the_internet_is_warned_of(forge):
    service = forge.load(connect_timeout_s=0.1)
    forge.environ = {}
    result = service.set_credentials("http://queue.invalid", "msk_k", "mss_s")
    assert not result["ok"]
    assert "Use https" in result["warning"]


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (HTML, "does not answer like MobileSD Queue"),
        (problem(401, "invalid_credentials", "No"), "Connect again"),
        (problem(429, "rate_limited", "Slow", Retry_After="600"), "asked again in 10 min"),
    ],
    ids=["html", "401", "429"],
)
def test_a_test_says_what_is_wrong(server, connected, reply, sentence):
    server.script("/api/v1/servers", reply)
    result = connected.test()
    assert not result["ok"]
    assert sentence in result["sentence"]


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
    service.connect(f"{server.url}/#pair={CODE}")
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
    assert "owner=anna" in asked.path


def test_nothing_is_asked_while_nobody_looks(server, connected):
    connected.queue(order())
    asked = len(server.requests)
    threading.Event().wait(0.3)
    assert len(server.requests) == asked


def test_without_a_server_in_the_settings_the_only_one_is_taken_and_no_other(server, connected):
    server.servers = [{"alias": "Attic"}, {"alias": "Cellar"}]
    connected.test()
    with pytest.raises(QueueError, match="Choose a server for the job: Attic, Cellar"):
        connected.queue(order())
    server.servers = []
    connected.test()
    with pytest.raises(QueueError, match="an agent has to be paired"):
        connected.queue(order())


def test_servers_are_asked_for_twice_a_minute_at_most(forge, server):
    now = [1_000.0]
    service = forge.load(now_s=lambda: now[0])
    service.connect(f"{server.url}/#pair={CODE}")
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
