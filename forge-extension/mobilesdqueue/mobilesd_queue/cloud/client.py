"""The routes of the queue that the extension uses."""

from __future__ import annotations

import random as chance
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from ..errors import QueueError
from .answers import read_json, refusal_of
from .backoff import CLICK, ONCE, Patience, Sleep, call_patiently
from .limits import IMAGE_BYTES_MAX
from .listed import job_row, server_row
from .network_words import not_a_queue
from .transport import Transport, is_credential

PICTURE_TYPES = ("image/png", "image/jpeg", "image/webp")
_TICKET = re.compile(r"[\x21-\x7e]{1,1000}")


@dataclass(frozen=True)
class Submitted:
    """The queue's answer to a submit."""

    job_id: str
    queue_position: int | None
    position_is_minimum: bool
    estimated_start_time: str | None
    status_reason: str


class Client:
    """Typed calls. What is safe to repeat is repeated for as long as `patience` says."""

    def __init__(
        self,
        transport: Transport,
        *,
        sleep: Sleep,
        patience: Patience = CLICK,
        monotonic: Callable[[], float] = time.monotonic,
        now_s: Callable[[], float] = time.time,
        random: Callable[[], float] = chance.random,
    ) -> None:
        self.transport = transport
        self.endpoint = transport.endpoint
        self._sleep = sleep
        self._patience = patience
        self._monotonic = monotonic
        self._now_s = now_s
        self._random = random

    def submit(self, body: dict[str, Any], idempotency_key: str) -> Submitted:
        """Queues a job. Repeated under the same key it is the same job."""
        headers = {"Idempotency-Key": idempotency_key}
        answer = self._call("POST", "/api/v2/generate", json_body=body, headers=headers)
        job_id = answer.get("mobilesd_job_id")
        position = answer.get("queue_position")
        start = answer.get("estimated_start_time")
        if not isinstance(job_id, str):
            raise not_a_queue(self.endpoint.url)
        return Submitted(
            job_id=job_id,
            queue_position=position if isinstance(position, int) else None,
            position_is_minimum=answer.get("queue_position_is_minimum") is True,
            estimated_start_time=start if isinstance(start, str) else None,
            status_reason=str(answer.get("status_reason", "queued")),
        )

    def upload(self, png: bytes) -> str:
        """Hands a picture over; its `upload_id`. Repeating makes a spare one that expires."""
        headers = {"Content-Type": "image/png"}
        answer = self._call("POST", "/api/v2/uploads", body=png, headers=headers)
        upload_id = answer.get("upload_id")
        if not isinstance(upload_id, str):
            raise not_a_queue(self.endpoint.url)
        return upload_id

    def servers(self) -> list[dict[str, Any]]:
        """The GPU boxes that jobs can name, each with `alias` and `is_present`."""
        servers = self._call("GET", "/api/v1/servers").get("servers")
        if not isinstance(servers, list):
            raise not_a_queue(self.endpoint.url)
        return [server_row(one, self.endpoint.url) for one in servers]

    def jobs(self, query: dict[str, str]) -> dict[str, Any]:
        """A page of jobs, as the queue lists them: `jobs` (see `job_row`), `total`, …"""
        listed = self._call("GET", "/api/v1/queue/jobs", query=query)
        jobs, total = listed.get("jobs"), listed.get("total")
        if not isinstance(jobs, list):
            raise not_a_queue(self.endpoint.url)
        rows = [job_row(one, self.endpoint.url) for one in jobs]
        return {**listed, "jobs": rows, "total": total if isinstance(total, int) else len(rows)}

    def job(self, job_id: str) -> dict[str, Any]:
        """Everything about one job."""
        return job_row(self._call("GET", _job_path(job_id)), self.endpoint.url)

    def cancel(self, job_id: str) -> dict[str, Any]:
        """Cancels a job; cancelling twice is cancelling once."""
        return self._call("POST", f"{_job_path(job_id)}/cancel")

    def retry(self, job_id: str, idempotency_key: str) -> dict[str, Any]:
        """A new job like a finished one."""
        headers = {"Idempotency-Key": idempotency_key}
        return self._call("POST", f"{_job_path(job_id)}/retry", headers=headers)

    def delete(self, job_id: str) -> None:
        """Deletes a job with its pictures."""
        self._call("DELETE", _job_path(job_id), patience=ONCE)

    def claim(self, code: str, name: str) -> dict[str, Any]:
        """Turns a pairing code into a key of our own: `{key, secret, owner, …}`. Tried once."""
        body = {"code": code, "for": "extension", "name": name}
        answer = self._call(
            "POST", "/api/v1/pairings/claim", json_body=body, patience=ONCE, is_signed=False
        )
        made = answer.get("key")
        if not isinstance(made, dict) or not all(
            isinstance(made.get(part), str) and is_credential(made[part])
            for part in ("key", "secret")
        ):
            raise not_a_queue(self.endpoint.url)
        return made

    def event_socket(self, server: str, since: str | None) -> str:
        """Where a page opens a socket, once and soon, to hear of a server's jobs. Tried once.

        `since` is the id of the last event that it heard. The address is the one at which the queue
        is reached from here, whatever the queue takes for its own.
        """
        body = {"server_alias": server}
        answer = self._call("POST", "/api/v1/events/tickets", json_body=body, patience=ONCE)
        ticket = answer.get("ticket")
        if not isinstance(ticket, str) or not _TICKET.fullmatch(ticket):
            raise not_a_queue(self.endpoint.url)
        query = {"server": server, "ticket": ticket} | ({"since": since} if since else {})
        origin = "ws" + self.endpoint.url.removeprefix("http")
        return f"{origin}/api/v1/events?{urlencode(query)}"

    def image(self, name: str, kind: Literal["preview", "download"]) -> tuple[str, Iterator[bytes]]:
        """Content type, always a picture's, and the bytes in pieces."""
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,100}\.(png|jpe?g|webp)", name):
            raise QueueError("There is no picture of this name.", code="not_found")
        streamed = self.transport.open("GET", f"/api/v1/images/{kind}/{name}")
        type_ = streamed.headers.get_content_type()
        if streamed.status == 200 and type_ in PICTURE_TYPES:
            return type_, streamed.pieces(IMAGE_BYTES_MAX)
        streamed.close()
        if streamed.status == 404:
            raise QueueError("This picture is not there (any more).", code="not_found")
        if streamed.status == 200:
            raise not_a_queue(self.endpoint.url)
        retry_after = streamed.headers.get("Retry-After")
        code = {401: "invalid_credentials", 403: "forbidden"}.get(streamed.status)
        problem = {"code": code} if code else None
        raise refusal_of(streamed.status, retry_after, problem, self.endpoint.url, self._now_s())

    def _call(
        self, method: str, path: str, *, patience: Patience | None = None, **request: Any
    ) -> Any:
        def once() -> Any:
            answer = self.transport.request(method, path, **request)
            # Nothing (204) lacks whatever is looked for in it.
            return read_json(answer, self.endpoint.url, self._now_s()) or {}

        return call_patiently(
            once,
            patience=patience or self._patience,
            clock=self._monotonic,
            sleep=self._sleep,
            random=self._random,
        )


def _job_path(job_id: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z-]{1,64}", job_id):
        raise QueueError("There is no job of this id.", code="not_found")
    return f"/api/v1/queue/jobs/{job_id}"
