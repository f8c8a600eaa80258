"""A job as the tab shows it: every word about it is found here, the page only draws. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mobilesd_queue.cloud.durations import length_words
from mobilesd_queue.cloud.limits import PRIORITY_DEFAULT
from mobilesd_queue.cloud.place_words import ordinal

# As `cloud.listed.job_row` makes it whole, whatever the version of the queue.
Job = Mapping[str, Any]

STATUS_WORDS = {
    "pending": "Waiting",
    "processing": "Working",
    "completed": "Done",
    "failed": "Failed",
    "cancelled": "Cancelled",
}

# Failures carry a sentence of their own, so only what still moves needs words for its reason.
_REASON_WORDS = {
    "assigned": "Taken by its server",
    "waiting_for_server": "Waits for its server to come online",
    "missing_checkpoint": "Waits until its server has this checkpoint",
    "paused": "Somebody paused its server; it starts when the server is resumed",
    "not_before": "Waits for its time",
    "retrying": "Something went wrong; it is tried again",
    "cancelling": "Being stopped",
    "agent_offline": "Its server is away; it goes on when the server is back",
    "expired": "Its time was over before it could start",
}

# The same where the queue says since when the server is away.
_AWAY_WORDS = {
    "waiting_for_server": "Waits for its server, which went away {ago}",
    "agent_offline": "Its server went away {ago}; it goes on when the server is back",
}

# With these a job stands still, however often one looks.
_STILL = ("waiting_for_server", "missing_checkpoint", "paused", "not_before", "agent_offline")
# With these its place in the queue says less than the reason.
_WITHOUT_PLACE = (*_STILL, "cancelling", "retrying")

_ACTIVE = ("pending", "processing")
_LAST_PLACE = 1_000_000

_MINUTE_S = 60
_HOUR_S = 3_600
_DAY_S = 86_400
# Longer parts of a line would not fit a phone in one piece.
_UNBROKEN_CHARS = 30


def jobs_view(page: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A page of the queue's list: `jobs`, `total`, and `moves`: whether to look again soon."""
    jobs = page["jobs"]
    return {
        "jobs": [job_view(job, now) for job in jobs],
        "total": page["total"],
        "moves": any(_is_moving(job) for job in jobs),
    }


def by_turn(page: Mapping[str, Any]) -> dict[str, Any]:
    """The same page: running jobs first, then by place in the queue, then by age."""

    def turn(job: Job) -> tuple[int, str]:
        place = 0 if job["status"] == "processing" else job.get("queue_position") or _LAST_PLACE
        return place, job["creation_timestamp"]

    return {**page, "jobs": sorted(page["jobs"], key=turn)}


def job_view(job: Job, now: datetime) -> dict[str, Any]:
    """What the page draws of a job. `at` is when it ended, or else when it was made."""
    params = job["generation_params"]
    error = job["error"] or {}
    is_running = job["status"] == "processing" and not _reason_words(job, now)
    at = job["completion_timestamp"] or job["creation_timestamp"]
    return {
        "id": job["mobilesd_job_id"],
        "status": job["status"],
        "word": _status_word(job),
        "server": job["server_alias"] or job["target_server_alias"],
        "at": at,
        "ago": _ago(at, now),
        "progress": job["progress"] if is_running else None,
        "outlook": outlook_words(job, now),
        "prompt": job.get("name") or _prompt(params),
        "settings": settings_words(job),
        "error": error.get("message", ""),
        "advice": _owner_words(error.get("owner_message")),
        "warnings": [warning["message"] for warning in job["warnings"]],
        "images": [_image_view(image) for image in job["images"]],
        "actions": _actions(job),
    }


def saved_view(saved: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The same of what is saved on this machine (`outbox.saved_view`), with its `standing`."""
    count, at = saved["count"], saved["created_at"]
    texts = dict.fromkeys(("server", "settings", "error", "advice"), "")
    return texts | {
        "id": saved["id"],
        "status": "saved",
        "word": f"{count} saved" if count > 1 else "Saved",
        "at": at,
        "ago": _ago(at, now),
        "progress": None,
        "outlook": saved["sentence"],
        "prompt": saved["prompt"] or "No prompt",
        "warnings": [],
        "images": [],
        "actions": [
            _action("Send now", "outbox/send", body={"id": saved["id"]}),
            _action(
                "Discard",
                f"outbox/{saved['id']}/discard",
                ask="Discard this job? It was not sent.",
            ),
        ],
        "standing": saved["standing"],
    }


def tab_of(params: Mapping[str, Any]) -> str:
    """The tab of Forge on which a job's settings belong."""
    return "img2img" if params.get("img2img") else "txt2img"


def _action(label: str, path: str, **more: Any) -> dict[str, Any]:
    """A button of the card: a route of ours, and a question that is to be agreed to before."""
    return {"label": label, "path": path, "method": "POST", "body": {}, "ask": "", **more}


def _actions(job: Job) -> list[dict[str, Any]]:
    job_id, has_images = job["mobilesd_job_id"], bool(job["images"])
    tab = tab_of(job["generation_params"])
    put_back = _action(f"Open in {tab}", f"infotext/{job_id}", method="GET")
    if job["status"] in _ACTIVE:
        is_stopping = job["status_reason"] == "cancelling"
        cancel = _action("Cancel", f"jobs/{job_id}/cancel")
        return [put_back] if is_stopping else [cancel, put_back]
    what = "this job and its pictures" if has_images else "this job"
    ask = f"Delete {what} from the queue?"
    return [
        *([] if has_images else [put_back]),
        _action("Retry", f"jobs/{job_id}/retry"),
        _action("Delete", f"jobs/{job_id}", method="DELETE", ask=ask),
    ]


def _owner_words(advice: str | None) -> str:
    """What the owner of the box can do about a failure."""
    return f"For the owner of the server: {advice}" if advice else ""


def _image_view(image: Mapping[str, Any]) -> dict[str, Any]:
    return {name: image[name] for name in ("name", "width", "height", "seed", "infotext")}


def _is_moving(job: Job) -> bool:
    return job["status"] in _ACTIVE and job["status_reason"] not in _STILL


def _status_word(job: Job) -> str:
    if job["status_reason"] == "agent_offline":
        return "Server away"
    return STATUS_WORDS.get(job["status"], job["status"])


def outlook_words(job: Job, now: datetime) -> str:
    """Where a job stands and when something will happen; "" when there is nothing to say."""
    status, code = job["status"], job["status_reason"]
    reason = _reason_words(job, now)
    if status == "processing":
        left = _until(job.get("estimated_completion_time"), now)
        done = f"{job['progress']} %" if job["progress"] else "Being drawn"
        return reason or done + (f", about {left} left" if left else "")
    place = job.get("queue_position")
    if status != "pending" or place is None or code in _WITHOUT_PLACE:
        return reason
    wait = _until(job.get("estimated_start_time"), now)
    is_minimum = job.get("queue_position_is_minimum") is True
    return _place_words(place, is_minimum) + (f", starts in about {wait}" if wait else "")


def _reason_words(job: Job, now: datetime) -> str:
    code, since = job["status_reason"] or "", job.get("server_away_since")
    if since and code in _AWAY_WORDS:
        return _AWAY_WORDS[code].format(ago=_ago(since, now))
    return _REASON_WORDS.get(code, "")


def _place_words(place: int, is_minimum: bool) -> str:
    if is_minimum:
        return f"{ordinal(place)} in line or later"
    return "Next" if place == 1 else f"{ordinal(place)} in line"


def _until(timestamp: str | None, now: datetime) -> str:
    """A length of time as people say it; "" where it is not worth a number."""
    return (length_words(_seconds(now, timestamp)) or "") if timestamp else ""


def _ago(timestamp: str, now: datetime) -> str:
    """How long ago something was."""
    seconds = -_seconds(now, timestamp)
    if seconds < _MINUTE_S:
        return "just now"
    if seconds < _HOUR_S:
        return f"{seconds // _MINUTE_S:.0f} min ago"
    if seconds < 2 * _DAY_S:
        return f"{seconds // _HOUR_S:.0f} h ago"
    return f"{seconds // _DAY_S:.0f} days ago"


def _seconds(now: datetime, timestamp: str) -> float:
    """From now to a time on the wire; below 0 when it is past."""
    return (datetime.fromisoformat(timestamp.replace("Z", "+00:00")) - now).total_seconds()


def _prompt(params: Mapping[str, Any]) -> str:
    prompt = params.get("positive_prompt")
    return prompt if isinstance(prompt, str) and prompt.strip() else "No prompt"


def settings_words(job: Job) -> str:
    """A job's settings in one line. Rows of older versions may lack any field, or hold others."""
    params = job["generation_params"]
    parts = (
        _count_words(params),
        _model_words(params.get("checkpoint_name")),
        _size_words(params),
        "hires fix" if params.get("hires") else None,
        _input_words(params.get("img2img")),
        f"{params['steps']} steps" if params.get("steps") else None,
        params.get("sampler_name"),
        *_script_words(params),
        None if job["priority"] == PRIORITY_DEFAULT else f"priority {job['priority']}",
        "a retry" if job.get("retry_of") else None,
    )
    return " · ".join(_kept_together(part) for part in parts if isinstance(part, str) and part)


def _kept_together(part: str) -> str:
    """Short parts break between each other and not within."""
    return part.replace(" ", "\u00a0") if len(part) < _UNBROKEN_CHARS else part


def _count_words(params: Mapping[str, Any]) -> str | None:
    sizes = (params.get("batch_size"), params.get("n_iter"))
    size, passes = (number if isinstance(number, int) else 1 for number in sizes)
    return f"{size * passes} pictures" if size * passes > 1 else None


def _model_words(name: Any) -> str | None:
    """A model as people know it: without folders, ending and hash."""
    if not isinstance(name, str):
        return None
    file_name = re.split(r"[\\/]", re.sub(r" \[[0-9a-f]+\]$", "", name))[-1]
    return re.sub(r"\.(safetensors|ckpt|pt|gguf|sft)$", "", file_name)


def _size_words(params: Mapping[str, Any]) -> str | None:
    width, height = params.get("width"), params.get("height")
    return f"{width}\u00d7{height}" if width and height else None


def _input_words(img2img: Any) -> str | None:
    if not isinstance(img2img, Mapping):
        return None
    return "inpaint" if img2img.get("mask") else "img2img"


def _script_words(params: Mapping[str, Any]) -> list[str]:
    always_on, script = params.get("alwayson_scripts"), params.get("script")
    titles = list(always_on) if isinstance(always_on, Mapping) else []
    return titles + ([str(script.get("name", ""))] if isinstance(script, Mapping) else [])
