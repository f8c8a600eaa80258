"""Connecting a Forge to a queue, and what holds afterwards."""

from __future__ import annotations

import stat

import pytest

from mobilesd_queue.errors import QueueError
from support.answering_server import HTML, AnsweringServer, Reply, problem
from support.forge_with_service import CODE, KEY, Forge, link_of, order, pairing_server


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


def test_one_paste_and_one_click_queue_a_job(forge, server):
    service = forge.load()
    result = service.connect(link_of(server))
    assert result == {
        "ok": True,
        "sentence": f"Connected to {server.url} as anna. Servers online: Attic.",
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
    told = connected.disconnect()
    assert told["saved"] == 1
    assert "removed from this machine. The queue itself still accepts the key" in told["sentence"]
    assert "1 saved job stays here" in told["sentence"]
    assert not (forge.folder / "credentials.json").exists()
    state = connected.state()
    assert (state["connected"], forge.settings["api_key"]) == (False, "")
    assert state["outbox"][0]["sentence"] == "It waits for a connection."


def test_a_code_alone_that_finds_no_queue_asks_for_the_whole_link(forge, server, connected):
    connected.disconnect()
    assert forge.settings["url"] == ""
    forge.settings["url"] = "http://127.0.0.1:9"
    with pytest.raises(QueueError, match="paste the whole link"):
        connected.connect("7K3M-Q2XW-9RTD")
    made = {"for": "extension", "key": {"key": "msk_new", "secret": "mss_new"}}
    server.script("/api/v1/pairings/claim", Reply(201, made))
    assert connected.connect(f"{server.url}/#pair=7K3M-Q2XW-9RTD")["ok"]


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


def test_a_secret_with_a_newline_reaches_no_log(forge, server, caplog):
    forge.settings |= {"url": server.url, "api_key": "msk_old"}
    service = forge.load()
    assert service.adopt_old_secret("mss_old\n")
    assert service.test()["ok"]
    service.disconnect()
    forge.settings |= {"url": server.url, "api_key": "msk_old"}
    assert service.adopt_old_secret("mss_a\nmss_b")
    with pytest.raises(QueueError, match="has a character that none has"):
        service.queue(order())
    assert "has a character" in service.state()["error"]
    assert not service.test()["ok"]
    assert "mss_" not in caplog.text


@pytest.mark.parametrize("host", ["a..b", f"{'a' * 64}.example.com"])
def test_an_address_that_cannot_be_one_is_told_wherever_it_is_given(forge, host):
    service = forge.load()
    for ask in (
        lambda: service.connect(f"http://{host}/#pair={CODE}"),
        lambda: service.set_credentials(f"http://{host}", "msk_typed", "mss_typed"),
    ):
        with pytest.raises(QueueError, match="not the address of a queue"):
            ask()
    forge.environ |= {
        "MOBILESD_URL": f"http://{host}",
        "MOBILESD_API_KEY": "msk_env",
        "MOBILESD_API_SECRET": "mss_env",
    }
    assert "not the address of a queue" in service.test()["sentence"]


@pytest.mark.parametrize(
    "failure",
    [QueueError("Forge's settings are frozen."), OSError(28, "No space left on device")],
    ids=["frozen", "full"],
)
def test_a_connect_that_cannot_be_kept_leaves_the_working_connection(forge, connected, failure):
    before = dict(forge.settings)
    forge.frozen = failure
    with pairing_server() as other:
        for connect in (
            lambda: connected.connect(link_of(other)),
            lambda: connected.set_credentials(other.url, "msk_other", "mss_other"),
        ):
            with pytest.raises(QueueError, match=r"frozen|No space left"):
                connect()
    assert forge.settings == before
    assert connected.test()["ok"]
    assert connected.queue(order()).kind == "queued"


def test_a_key_that_cannot_be_kept_on_disk_leaves_the_working_connection(
    forge, connected, monkeypatch
):
    before = dict(forge.settings)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pairing_server() as other, pytest.raises(QueueError, match="No space left"):
        connected.connect(link_of(other))
    assert forge.settings == before
    assert connected.test()["ok"]


def test_with_frozen_settings_a_disconnect_says_what_stays_in_them(forge, connected):
    forge.frozen = QueueError("Forge's settings are frozen.")
    assert "address and key (not the secret) stay in them" in connected.disconnect()["sentence"]
    assert connected.state()["connected"] is False


def test_what_the_environment_sets_is_not_changed_here_and_says_so(forge, server):
    forge.environ = {
        "MOBILESD_URL": server.url,
        "MOBILESD_API_KEY": "msk_env",
        "MOBILESD_API_SECRET": "mss_env",
    }
    service = forge.load()
    with pairing_server() as other:
        for change in (
            lambda: service.connect(link_of(other)),
            lambda: service.set_credentials(other.url, "msk_typed", "mss_typed"),
            service.disconnect,
        ):
            with pytest.raises(
                QueueError, match="set by MOBILESD_API_SECRET in Forge's"
            ) as refused:
                change()
            assert refused.value.code == "set_by_environment"
        assert other.requests == []
    assert service.state()["is_from_environment"] is True


def test_a_link_of_another_queue_than_the_environments_is_not_used_up(forge, server):
    forge.environ = {"MOBILESD_URL": server.url}
    service = forge.load()
    with pairing_server() as other:
        with pytest.raises(QueueError, match="names another queue"):
            service.connect(link_of(other))
        assert other.requests == []
    assert service.connect(CODE)["ok"]
    assert service.state()["is_from_environment"] is False
