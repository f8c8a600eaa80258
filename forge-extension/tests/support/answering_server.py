"""A real HTTP server in a thread that behaves like a queue until it is told otherwise."""

from __future__ import annotations

import hashlib
import json
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """An answer; with `is_dropped` it is worked out but never sent, with `waits_for` sent later."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    is_dropped: bool = False
    waits_for: threading.Event | None = None
    announced_bytes: int | None = None

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


def problem(status: int, code: str, title: str, *details: dict[str, Any], **headers: str) -> Reply:
    """A refusal as the queue writes it."""
    body = {
        "error": title,
        "code": code,
        "title": title,
        "status": status,
        "request_id": "1",
        "retryable": status >= 500,
        "details": list(details),
    }
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, body, named, PROBLEM)


HTML = Reply(200, "<!doctype html><h1>Welcome</h1>", content_type="text/html")


class AnsweringServer:
    """Records what it gets. `script` answers the next requests of a path otherwise, in turn."""

    def __init__(self, port: int = 0) -> None:
        self.requests: list[Request] = []
        self.jobs: dict[str, tuple[bytes, dict[str, Any]]] = {}
        self.uploads: dict[str, str] = {}
        self.hangs_up_early: set[str] = set()
        self.breaks_at: set[str] = set()
        self.servers = [{"alias": "Attic", "is_present": True}]
        self._scripted: dict[str, deque[Reply | Callable[[Reply], Reply]]] = {}
        self._lock = threading.Lock()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                if self.path in owner.hangs_up_early:
                    self.close_connection = True
                    owner._answer(self, Request(self.command, self.path, dict(self.headers), b""))
                    self.wfile.flush()
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                owner._answer(self, Request(self.command, self.path, dict(self.headers), body))

            do_GET = do_POST = do_DELETE = answer

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                pass

        self._http = Server(("127.0.0.1", port), Handler)
        self.port = self._http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def wrap(self, context: ssl.SSLContext) -> None:
        """Speaks TLS from now on."""
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def __enter__(self) -> AnsweringServer:
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def script(self, path: str, *replies: Reply | Callable[[Reply], Reply]) -> None:
        """The next answers of a path; a function gets what a queue would have answered."""
        self._scripted.setdefault(path, deque()).extend(replies)

    def sent_to(self, path: str) -> list[Request]:
        return [one for one in self.requests if one.path.split("?")[0] == path]

    @property
    def submits(self) -> list[Request]:
        return self.sent_to("/api/v2/generate")

    def _answer(self, handler: BaseHTTPRequestHandler, request: Request) -> None:
        path = request.path.split("?")[0]
        with self._lock:
            self.requests.append(request)
            scripted = self._scripted.get(path)
            next_one = scripted.popleft() if scripted else None
            # A refusal in a script is one before the queue did anything.
            reply = next_one if isinstance(next_one, Reply) else self._usual(request, path)
            if callable(next_one):
                reply = next_one(reply)
        if reply.waits_for is not None:
            reply.waits_for.wait(20)
        if reply.is_dropped:
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
            return
        content = reply.content
        handler.send_response(reply.status)
        handler.send_header("Content-Type", reply.content_type)
        handler.send_header("Content-Length", str(reply.announced_bytes or len(content)))
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)
        if reply.announced_bytes:
            handler.close_connection = True

    def _usual(self, request: Request, path: str) -> Reply:
        if path == "/api/v2/generate":
            return self._submit(request)
        if path == "/api/v2/uploads":
            upload_id = f"upl_{len(self.uploads)}"
            self.uploads[upload_id] = hashlib.sha256(request.body).hexdigest()
            return Reply(201, {"upload_id": upload_id})
        if path == "/api/v1/servers":
            return Reply(200, {"servers": self.servers})
        if path == "/api/v1/queue/jobs":
            return Reply(200, {"jobs": [], "next_cursor": None, "total": len(self.jobs)})
        return problem(404, "not_found", "There is no such thing here")

    def _submit(self, request: Request) -> Reply:
        key = request.headers["Idempotency-Key"]
        if key in self.breaks_at:
            return problem(500, "internal", "Something broke on our side")
        if key in self.jobs:
            body, answer = self.jobs[key]
            if json.loads(body) != request.json:
                return problem(422, "idempotency_key_reused", "This key was used otherwise")
            return Reply(200, answer)
        used = set(_uploads_in(request.json))
        if not used <= set(self.uploads):
            detail = {"field": "generation_params.img2img.init_image", "message": "no such upload"}
            return problem(400, "unknown_upload", "No such upload", detail)
        answer = {
            "success": True,
            "mobilesd_job_id": f"job-{len(self.jobs) + 1}",
            "queue_position": len(self.jobs) + 1,
            "estimated_start_time": None,
            "status_url": "",
            "status_reason": "queued",
        }
        self.jobs[key] = (request.body, answer)
        return Reply(200, answer)


def _uploads_in(tree: Any) -> list[str]:
    if isinstance(tree, dict):
        if set(tree) == {"upload_id"}:
            return [tree["upload_id"]]
        return [one for value in tree.values() for one in _uploads_in(value)]
    if isinstance(tree, list):
        return [one for value in tree for one in _uploads_in(value)]
    return []


def dropped(reply: Reply) -> Reply:
    """The queue did what was asked, and its answer got lost."""
    return Reply(reply.status, reply.body, is_dropped=True)
