"""Answers of a queue of another version, as what draws them gets them."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from mobilesd_queue.errors import QueueError
from mobilesd_queue.webui.job_view import by_turn, job_view, jobs_view
from support.answering_server import AnsweringServer, Reply
from support.clients import client_of

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=timezone.utc)
BARE = {
    "mobilesd_job_id": "1",
    "status": "completed",
    "creation_timestamp": "2026-03-01T11:59:00Z",
}
DRAWN = (
    *("status_reason", "progress", "completion_timestamp", "target_server_alias", "server_alias"),
    *("generation_params", "priority", "name", "retry_of", "error", "warnings", "images"),
    *("queue_position", "estimated_start_time", "estimated_completion_time"),
    "server_away_since",
)
ODD = ({"a": 1}, [1, {"name": "x.png"}, {"message": "words"}], "text", 5, None, True)


@pytest.fixture
def server():
    with AnsweringServer() as running:
        yield running


def listed(server, *jobs):
    server.script("/api/v1/queue/jobs", Reply(200, {"jobs": list(jobs)}))
    return client_of(server.url).jobs({})


@pytest.mark.parametrize("status", ["pending", "processing", "completed", "failed", "new"])
@pytest.mark.parametrize("odd", ODD, ids=str)
def test_a_job_of_another_version_is_drawn_all_the_same(server, status, odd):
    bare = BARE | {"status": status}
    page = listed(server, bare, bare | dict.fromkeys(DRAWN, odd))
    assert len(jobs_view(by_turn(page), NOW)["jobs"]) == page["total"] == 2
    server.script("/api/v1/queue/jobs/1", Reply(200, bare | dict.fromkeys(DRAWN, odd)))
    assert job_view(client_of(server.url).job("1"), NOW)["id"] == "1"


def test_what_a_job_says_comes_through_as_it_is(server):
    whole = BARE | {
        "status_reason": "done",
        "images": [{"name": "a.png", "width": 8, "height": 9, "seed": 7, "infotext": "x"}],
        "warnings": [{"code": "c", "message": "Look."}],
        "error": {"code": "c", "message": "Broke.", "owner_message": None},
        "queue_position": 3,
        "something_newer": 1,
    }
    (job,) = listed(server, whole)["jobs"]
    assert {name: job[name] for name in whole} == whole


def test_a_time_without_a_zone_is_that_of_the_queue(server):
    old = BARE | {"creation_timestamp": "2026-03-01 11:59:00"}
    assert listed(server, old)["jobs"][0]["creation_timestamp"] == "2026-03-01T11:59:00+00:00"


@pytest.mark.parametrize("name", BARE)
@pytest.mark.parametrize("odd", [None, 5, [], {}], ids=str)
def test_what_cannot_be_a_job_is_said_to_come_from_no_queue(server, name, odd):
    with pytest.raises(QueueError, match="does not answer like MobileSD Queue"):
        listed(server, BARE | {name: odd})
    with pytest.raises(QueueError, match="does not answer like MobileSD Queue"):
        listed(server, odd)


def test_a_server_has_a_name_and_a_presence(server):
    server.servers = [{"alias": "Attic"}, {"alias": "Cellar", "is_present": True, "more": 1}]
    assert client_of(server.url).servers() == [
        {"alias": "Attic", "is_present": False},
        {"alias": "Cellar", "is_present": True, "more": 1},
    ]


@pytest.mark.parametrize("odd", [None, "Attic", {}, {"alias": 5}, {"alias": ""}], ids=str)
def test_what_cannot_be_a_server_is_said_to_come_from_no_queue(server, odd):
    server.servers = [odd]
    with pytest.raises(QueueError, match="does not answer like MobileSD Queue"):
        client_of(server.url).servers()


@pytest.mark.parametrize("path", ["/api/v1/servers", "/api/v1/queue/jobs", "/api/v2/generate"])
def test_an_answer_of_nothing_is_said_to_come_from_no_queue(server, path):
    server.script(path, Reply(204, b""))
    client = client_of(server.url)
    ask = {
        "/api/v1/servers": client.servers,
        "/api/v1/queue/jobs": lambda: client.jobs({}),
        "/api/v2/generate": lambda: client.submit({}, "click"),
    }[path]
    with pytest.raises(QueueError, match="does not answer like MobileSD Queue"):
        ask()


def test_a_key_that_cannot_travel_is_not_taken(server):
    made = {"key": "msk_new", "secret": "mss_two\nlines"}
    server.script("/api/v1/pairings/claim", Reply(201, {"for": "extension", "key": made}))
    with pytest.raises(QueueError, match="does not answer like MobileSD Queue"):
        client_of(server.url).claim("7K3M-Q2XW-9RTD", "Forge")
