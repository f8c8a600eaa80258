"""What the tab says of a job."""

from datetime import datetime, timezone

import pytest

from mobilesd_queue.cloud.listed import job_row
from mobilesd_queue.webui.job_view import by_turn, job_view, jobs_view, saved_view

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=timezone.utc)
JOB = {
    "mobilesd_job_id": "1",
    "status": "pending",
    "status_reason": "queued",
    "progress": 0,
    "creation_timestamp": "2026-03-01T11:59:00.000Z",
    "completion_timestamp": None,
    "target_server_alias": "Attic",
    "server_alias": None,
    "generation_params": {"positive_prompt": "a fox"},
    "priority": 5,
    "name": None,
    "error": None,
    "warnings": [],
    "images": [],
}


def view(**changes):
    return job_view(JOB | changes, NOW)


def labels(shown):
    return [action["label"] for action in shown["actions"]]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"queue_position": 1}, "Next"),
        ({"queue_position": 3}, "3rd in line"),
        (
            {"queue_position": 2, "estimated_start_time": "2026-03-01T12:02:10.000Z"},
            "2nd in line, starts in about 2 min",
        ),
        (
            {"queue_position": 100, "queue_position_is_minimum": True},
            "100th in line or later",
        ),
        ({"queue_position": None}, ""),
        ({}, ""),
        (
            {"queue_position": 1, "status_reason": "waiting_for_server"},
            "Waits for its server to come online",
        ),
        (
            {
                "queue_position": 1,
                "status_reason": "waiting_for_server",
                "server_away_since": "2026-03-01T10:00:00.000Z",
            },
            "Waits for its server, which went away 2 h ago",
        ),
        (
            {
                "status": "processing",
                "status_reason": "agent_offline",
                "server_away_since": "2026-03-01T11:55:00.000Z",
            },
            "Its server went away 5 min ago; it goes on when the server is back",
        ),
        (
            {"queue_position": 2, "status_reason": "paused"},
            "Somebody paused its server; it starts when the server is resumed",
        ),
        ({"status": "processing", "status_reason": "running", "progress": 40}, "40 %"),
        ({"status": "processing", "status_reason": "running"}, "Being drawn"),
        (
            {
                "status": "processing",
                "status_reason": "running",
                "progress": 40,
                "estimated_completion_time": "2026-03-01T12:00:22.000Z",
            },
            "40 %, about 25 s left",
        ),
        ({"status": "processing", "status_reason": "cancelling"}, "Being stopped"),
        ({"status": "completed", "status_reason": "done"}, ""),
    ],
)
def test_the_outlook_says_where_a_job_stands_and_when_it_starts(changes, words):
    assert view(**changes)["outlook"] == words


def test_the_settings_fit_one_line():
    params = {
        "checkpoint_name": "Pony/painter_v8.safetensors [1234abcdef]",
        "width": 512,
        "height": 768,
        "steps": 20,
        "sampler_name": "Euler a",
        "batch_size": 2,
        "n_iter": 2,
        "img2img": {"mask": {"upload_id": "u"}},
        "hires": {"scale": 2},
        "alwayson_scripts": {"ControlNet": {"args": []}},
    }
    words = view(generation_params=params, priority=2, retry_of="0")["settings"]
    parts = words.replace("\u00a0", " ").split(" \u00b7 ")
    assert parts[:5] == ["4 pictures", "painter_v8", "512\u00d7768", "hires fix", "inpaint"]
    assert parts[5:] == ["20 steps", "Euler a", "ControlNet", "priority 2", "a retry"]


@pytest.mark.parametrize("params", [{}, {"steps": None, "batch_size": "2", "script": None}])
def test_a_job_of_an_older_version_is_shown_with_what_it_has(params):
    shown = view(generation_params=params)
    assert (shown["prompt"], shown["settings"]) == ("No prompt", "")


@pytest.mark.parametrize("status", ["pending", "processing", "completed", "failed", "paused"])
def test_a_job_that_an_older_queue_says_little_of_has_words(status):
    row = {"mobilesd_job_id": "1", "status": status, "creation_timestamp": "2026-03-01T11:59:00"}
    shown = job_view(job_row(row, "http://queue.lan"), NOW)
    assert (shown["prompt"], shown["ago"]) == ("No prompt", "1 min ago")
    assert shown["word"]


@pytest.mark.parametrize(
    ("status", "reason", "can"),
    [
        ("pending", "queued", ["Cancel", "Open in txt2img"]),
        ("processing", "running", ["Cancel", "Open in txt2img"]),
        ("processing", "cancelling", ["Open in txt2img"]),
        ("completed", "done", ["Open in txt2img", "Retry", "Delete"]),
        ("failed", "oom", ["Open in txt2img", "Retry", "Delete"]),
        ("cancelled", "user_cancelled", ["Open in txt2img", "Retry", "Delete"]),
    ],
)
def test_only_what_a_job_allows_is_offered(status, reason, can):
    assert labels(view(status=status, status_reason=reason)) == can


def test_what_is_saved_here_is_drawn_like_a_job():
    saved = {"id": "17-a", "created_at": "2026-03-01T11:58:00Z", "prompt": "", "tab": None}
    saved |= {"count": 3, "standing": "asks", "sentence": "Send it?"}
    shown = saved_view(saved, NOW)
    assert shown.keys() == view().keys() | {"standing"}
    told = {name: shown[name] for name in ("word", "ago", "outlook", "prompt", "standing")}
    assert told == {
        "word": "3 saved",
        "ago": "2 min ago",
        "outlook": "Send it?",
        "prompt": "No prompt",
        "standing": "asks",
    }
    assert labels(shown) == ["Send now", "Discard"]


def test_a_failure_is_told_with_what_the_owner_of_the_box_can_do():
    error = {"code": "oom", "message": "No memory.", "owner_message": "Use a smaller size."}
    shown = view(status="failed", status_reason="oom", error=error)
    assert (shown["error"], shown["advice"]) == (
        "No memory.",
        "For the owner of the server: Use a smaller size.",
    )


@pytest.mark.parametrize(
    ("status", "reason", "moves"),
    [
        ("pending", "queued", True),
        ("processing", "running", True),
        ("pending", "waiting_for_server", False),
        ("processing", "agent_offline", False),
        ("pending", "paused", False),
        ("completed", "done", False),
    ],
)
def test_nobody_looks_often_at_what_stands_still(status, reason, moves):
    page = {"jobs": [JOB | {"status": status, "status_reason": reason}], "total": 1}
    assert jobs_view(page, NOW)["moves"] is moves


def test_the_line_begins_with_what_runs_and_goes_on_by_place():
    jobs = [
        JOB | {"mobilesd_job_id": "c", "queue_position": 2},
        JOB | {"mobilesd_job_id": "d", "queue_position": None},
        JOB | {"mobilesd_job_id": "b", "queue_position": 1},
        JOB | {"mobilesd_job_id": "a", "status": "processing", "queue_position": None},
    ]
    line = by_turn({"jobs": jobs, "total": 4})["jobs"]
    assert [job["mobilesd_job_id"] for job in line] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-03-01T12:00:30.000Z", "just now"),
        ("2026-03-01T11:59:30.000Z", "just now"),
        ("2026-03-01T11:58:30.000Z", "1 min ago"),
        ("2026-03-01T09:30:00.000Z", "2 h ago"),
        ("2026-02-26T09:30:00.000Z", "3 days ago"),
    ],
)
def test_a_job_says_how_long_ago_it_was(at, words):
    assert view(completion_timestamp=at)["ago"] == words


def test_a_picture_is_named_and_no_address_of_the_queue_reaches_the_page():
    image = {"name": "1_00001.png", "width": 8, "height": 8, "seed": 1, "infotext": "x"}
    urls = {"preview_url": "http://q/p?sig=1", "download_url": "http://q/d?sig=1"}
    shown = view(status="completed", status_reason="done", images=[image | urls])
    assert shown["images"] == [image]
    assert labels(shown) == ["Retry", "Delete"]
    assert shown["actions"][1]["ask"] == "Delete this job and its pictures from the queue?"
