"""What the page's widget is told by the routes that connect and disconnect."""

import pytest

from support.answering_server import AnsweringServer, Reply
from test_routes import SECRET, Box


@pytest.fixture
def server():
    with AnsweringServer() as running:
        yield running


def test_the_settings_page_is_told_what_connecting_changed(tmp_path, server):
    box = Box(tmp_path / "forge-1", server.url)
    page = box.serve()
    key = {"key": "msk_new", "secret": "mss_new", "owner": "anna"}
    server.script("/api/v1/pairings/claim", Reply(201, {"for": "extension", "key": key}))
    link = f"{server.url}/#pair=7K3M-Q2XW-9RTD"
    answer = page.post("/mobilesd-queue/connect", json={"text": link}).json()
    assert answer["ok"]
    assert answer["options"] == {"mobilesd_url": server.url, "mobilesd_api_key": "msk_new"}
    gone = page.post("/mobilesd-queue/disconnect", json={}).json()
    assert gone["options"]["mobilesd_api_key"] == ""
    assert "The queue itself still accepts the key" in gone["sentence"]
    box.service.stop()


def test_keys_from_the_environment_are_told_and_cannot_be_changed_from_a_page(tmp_path, server):
    environ = {
        "MOBILESD_URL": server.url,
        "MOBILESD_API_KEY": "msk_abcdefgh",
        "MOBILESD_API_SECRET": SECRET,
    }
    box = Box(tmp_path / "forge-1", "", environ)
    page = box.serve()
    state = page.get("/mobilesd-queue/state").json()
    assert state["is_from_environment"]
    assert "from its environment (MOBILESD_API_SECRET)" in state["connection"]
    typed = {"url": server.url, "key": "msk_other", "secret": "mss_other"}
    link = {"text": f"{server.url}/#pair=7K3M-Q2XW-9RTD"}
    for path, body in (("connect", link), ("credentials", typed), ("disconnect", {})):
        answer = page.post(f"/mobilesd-queue/{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "set_by_environment")
        assert "MOBILESD_API_SECRET" in answer.json()["error"]
    assert not [one for one in server.requests if "pairings" in one.path]
    box.service.stop()
