"""The extension's own routes on Forge: the page talks to these, only Python talks to the queue."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from mobilesd_queue.capture.infotext import infotext_of, not_in_infotext
from mobilesd_queue.capture.screen import HostState
from mobilesd_queue.errors import QueueError
from mobilesd_queue.service import Options, Service
from mobilesd_queue.webui.connection_view import connection_words
from mobilesd_queue.webui.job_view import by_turn, job_view, jobs_view, saved_view, tab_of
from mobilesd_queue.webui.same_origin import has_login, require_login, require_same_origin

PREFIX = "/mobilesd-queue"
BODY_BYTES_MAX = 64 * 1024
# A picture's name never gets other bytes, so no browser has to ask twice.
PICTURE_HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_STATUS_OF_CODE = {"cross_site_request": 403, "login_required": 401, "not_found": 404}
_REFUSED = 400
_BROKEN = QueueError("MobileSD Queue failed at this. Forge's console says why.", code="internal")
_MISSHAPEN = QueueError("There is no job or picture of this name.", code="not_found")

_log = logging.getLogger("mobilesd_queue")


def _problem(error: QueueError) -> JSONResponse:
    code = getattr(error, "code", "error")
    details = list(getattr(error, "details", ()))
    status = 500 if code == "internal" else _STATUS_OF_CODE.get(code, _REFUSED)
    return JSONResponse({"error": str(error), "code": code, "details": details}, status_code=status)


def _guarded_route(app: FastAPI, *, is_picture: bool) -> type[APIRoute]:
    """A kind of route that checks the caller first, and answers every error in one shape."""

    class GuardedRoute(APIRoute):
        def get_route_handler(self) -> Callable[..., Any]:
            handle = super().get_route_handler()

            async def guarded(request: Request) -> Response:
                try:
                    require_same_origin(
                        request.headers, is_picture=is_picture, has_login=has_login(app)
                    )
                    await run_in_threadpool(require_login, app, request)
                    return await handle(request)
                except QueueError as error:
                    return _problem(error)
                except RequestValidationError:
                    return _problem(_MISSHAPEN)
                except Exception:
                    _log.exception("A route of MobileSD Queue failed")
                    return _problem(_BROKEN)

            return guarded

    return GuardedRoute


async def _read_json(request: Request) -> dict[str, Any]:
    """The JSON object in a body. Raises QueueError for anything else, or for far too much."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise QueueError("Send JSON.", code="unsupported_media_type")
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_BYTES_MAX:
            raise QueueError("That is too long.", code="body_too_large")
    try:
        read = json.loads(body or b"{}")
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise QueueError("Send a JSON object.", code="invalid_request")
    return read


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise QueueError(f"{name} must be text.", code="invalid_request")
    return value.strip()


Body = Annotated[dict[str, Any], Depends(_read_json)]
# They become parts of the queue's own addresses, so nothing else may stand in them.
JobId = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
ImageName = Annotated[str, Path(pattern=r"^[0-9a-zA-Z_.-]{1,80}$")]
EntryId = Annotated[str, Path(pattern=r"^[0-9a-zA-Z-]{1,80}$")]

_FILTERS = ("status", "target_server_alias", "q", "order", "limit")


Clock = Callable[[], datetime]
# Per tab of Forge whether its capture is whole, and the sentence that says so.
CaptureState = Callable[[], dict[str, dict[str, Any]]]


def _now() -> datetime:
    return datetime.now(timezone.utc)


def add_routes(
    app: FastAPI,
    service: Service,
    capture_state: CaptureState,
    options: Callable[[], Options],
    host_state: Callable[[], HostState],
    clock: Clock = _now,
) -> None:
    """
    Adds the routes under /mobilesd-queue to a new app of Forge's.

    With --nowebui there is no page, and no login either, so there are no routes.
    Handlers are plain functions: they run in the thread pool and never hold up Forge's loop.
    They stand beside Forge's API and apart from its login.
    """
    if not hasattr(app, "blocks"):
        return
    router = APIRouter(
        prefix=PREFIX,
        route_class=_guarded_route(app, is_picture=False),
        default_response_class=JSONResponse,
        include_in_schema=False,
    )
    _add_state_routes(router, service, capture_state, clock)
    _add_job_routes(router, service, host_state, clock)
    _add_connection_routes(router, service, options)
    _add_outbox_routes(router, service)
    app.include_router(router)
    pictures = APIRouter(
        prefix=PREFIX, route_class=_guarded_route(app, is_picture=True), include_in_schema=False
    )
    _add_picture_routes(pictures, service)
    app.include_router(pictures)


def _add_state_routes(
    router: APIRouter, service: Service, capture_state: CaptureState, clock: Clock
) -> None:
    @router.get("/state")
    def state() -> Any:
        state = service.state()
        outbox = [saved_view(one, clock()) for one in state["outbox"]]
        told = {"connection": connection_words(state), "capture": capture_state()}
        return {**state, **told, "outbox": outbox}

    @router.get("/servers")
    def servers() -> Any:
        return {one["alias"]: _server_words(one) for one in service.servers()}

    @router.post("/live")
    def live(body: Body) -> Any:
        return {"url": service.event_socket(_text(body, "server"), _text(body, "since") or None)}


def _server_words(server: dict[str, Any]) -> str:
    mode = server.get("mode")
    state = mode if mode in ("paused", "draining") else ""
    state = state if server["is_present"] else "away"
    return f"{server['alias']} ({state})" if state else server["alias"]


def _add_job_routes(
    router: APIRouter, service: Service, host_state: Callable[[], HostState], clock: Clock
) -> None:
    @router.get("/jobs")
    def jobs(request: Request) -> Any:
        query = request.query_params
        filters = {name: query[name].strip() for name in _FILTERS if query.get(name, "").strip()}
        is_line = filters.get("order") == "oldest"
        page = service.jobs(filters | ({"places": "true"} if is_line else {}))
        return jobs_view(by_turn(page) if is_line else page, clock())

    @router.get("/jobs/{job_id}")
    def job(job_id: JobId) -> Any:
        return job_view(service.job(job_id), clock())

    @router.get("/infotext/{job_id}")
    def infotext(job_id: JobId) -> Any:
        params = service.job(job_id)["generation_params"]
        tab = tab_of(params)
        sentence = f"The job's settings are on {tab}. What a paste leaves to you:"
        told = {"lost": not_in_infotext(params, host_state()), "sentence": sentence}
        return {"tab": tab, "infotext": infotext_of(params), **told}

    @router.post("/jobs/{job_id}/cancel")
    def cancel(job_id: JobId, _body: Body) -> Any:
        is_over = service.cancel(job_id).get("status") == "cancelled"
        return {"sentence": "Cancelled." if is_over else "It is being stopped."}

    @router.post("/jobs/{job_id}/retry")
    def retry(job_id: JobId, body: Body) -> Any:
        service.retry(job_id, _text(body, "press") or None)
        return {"sentence": "Queued again, as a new job."}

    @router.delete("/jobs/{job_id}")
    def delete(job_id: JobId, _body: Body) -> Any:
        service.delete(job_id)
        return {"sentence": "Deleted."}


def _add_connection_routes(
    router: APIRouter, service: Service, options: Callable[[], Options]
) -> None:
    def with_options(answer: dict[str, Any]) -> dict[str, Any]:
        """Tells the settings page what changed, or its next "Apply settings" would undo it."""
        now = options()
        return {**answer, "options": {"mobilesd_url": now.url, "mobilesd_api_key": now.api_key}}

    @router.post("/connect")
    def connect(body: Body) -> Any:
        return with_options(service.connect(_text(body, "text")))

    @router.post("/credentials")
    def credentials(body: Body) -> Any:
        url, key, secret = (_text(body, name) for name in ("url", "key", "secret"))
        return with_options(service.set_credentials(url, key, secret))

    @router.post("/disconnect")
    def disconnect(_body: Body) -> Any:
        return with_options({"ok": True, **service.disconnect()})

    @router.post("/test")
    def test(_body: Body) -> Any:
        return service.test()


def _add_outbox_routes(router: APIRouter, service: Service) -> None:
    @router.post("/outbox/send")
    def send(body: Body) -> Any:
        service.send_saved_now(_text(body, "id") or None)
        return {"sentence": "Trying to send it now."}

    @router.post("/outbox/{entry_id}/discard")
    def discard(entry_id: EntryId, _body: Body) -> Any:
        service.discard_saved(entry_id)
        return {"sentence": "Discarded."}


def _add_picture_routes(router: APIRouter, service: Service) -> None:
    @router.get("/images/{kind}/{name}")
    def image(kind: Literal["preview", "download"], name: ImageName) -> Response:
        content_type, pieces = service.image(name, kind)
        return StreamingResponse(pieces, media_type=content_type, headers=PICTURE_HEADERS)
