"""The extension's routes on a real Gradio app, before a real service and a server that answers."""

import logging
import threading

import gradio
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from gradio.routes import App
from PIL import Image

from mobilesd_queue.capture.screen import HostState
from mobilesd_queue.connection.queue_link import Wire
from mobilesd_queue.service import Options, Service
from mobilesd_queue.webui.routes import add_routes
from support.answering_server import HTML, AnsweringServer, Reply, problem
from test_job_view import JOB

ASKS = {"X-MobileSD": "1"}
ID = "0b0e7a52-3c1e-4f6f-9a43-2f6f6a7c1d10"
PICTURE = f"{ID}_00001.png"
SECRET = "mss_never_shown"
HOST = HostState(checkpoint=None)
BOX = "http://127.0.0.1:7860"


class Box:
    """A Forge whose page was just served."""

    def __init__(self, folder, url, environ=None):
        self.settings = {"url": url, "api_key": ""}
        self.service = Service(
            folder=folder,
            options=self.options,
            keep_options=lambda url, key: self.settings.update(url=url, api_key=key),
            environ=environ or {},
            version="9",
            wire=Wire(random=lambda: 0.01, answer_timeout_s=5.0),
        )

    def options(self):
        return Options(**self.settings)

    def serve(self, **arguments):
        """A new app, as Reload UI makes one."""
        with gradio.Blocks(analytics_enabled=False) as page:
            gradio.HTML("")
        page.auth = arguments.pop("auth", None)
        app = App.create_app(page, **arguments)
        whole = {"txt2img": {"whole": True, "sentence": "whole"}}
        add_routes(app, self.service, lambda: whole, self.options, lambda: HOST)
        return TestClient(app, base_url=BOX, headers=ASKS)


@pytest.fixture
def server():
    with AnsweringServer() as running:
        yield running


@pytest.fixture
def box(tmp_path, server):
    made = Box(tmp_path / "forge-1", server.url)
    yield made
    made.service.stop()


@pytest.fixture
def page(box, server):
    box.service.set_credentials(server.url, "msk_abcdefgh", SECRET)
    return box.serve()


def test_what_is_asked_without_the_pages_header_is_not_done(page, server):
    before = len(server.requests)
    bare = TestClient(page.app, base_url=BOX)
    answer = bare.post(f"/mobilesd-queue/jobs/{ID}/cancel", json={})
    assert answer.status_code == 403
    assert answer.json()["code"] == "cross_site_request"
    assert len(server.requests) == before


def test_another_origin_is_refused_though_gradio_would_let_it_read(page):
    answer = page.get("/mobilesd-queue/state", headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403


def test_every_route_stands_behind_gradios_login(box):
    page = box.serve(auth=[("me", "pw")])
    for method, path in routes_of(page.app):
        answer = page.request(method, path, json={} if method != "GET" else None)
        assert (path, answer.status_code) == (path, 401)
        assert answer.json()["code"] == "login_required"
    page.post("/login", data={"username": "me", "password": "pw"})
    assert page.get("/mobilesd-queue/state").status_code == 200


def test_a_login_of_another_kind_is_honoured(box):
    page = box.serve(auth_dependency=lambda request: request.headers.get("X-User"))
    assert page.get("/mobilesd-queue/state").status_code == 401
    assert page.get("/mobilesd-queue/state", headers={"X-User": "me"}).status_code == 200


def routes_of(app):
    paths = [one for one in app.routes if one.path.startswith("/mobilesd-queue/")]
    assert len(paths) > 12
    fills = {"{job_id}": ID, "{entry_id}": "1", "{kind}": "preview", "{name}": PICTURE}
    for route in paths:
        path = route.path
        for part, value in fills.items():
            path = path.replace(part, value)
        yield next(iter(route.methods)), path


def test_the_routes_are_there_again_after_reload_ui(box, page):
    assert page.get("/mobilesd-queue/state").status_code == 200
    assert box.serve().get("/mobilesd-queue/state").json()["capture"]["txt2img"]["whole"]


def test_the_secret_is_in_no_answer(page, server):
    server.script("/api/v1/queue/jobs", Reply(200, {"jobs": [JOB], "total": 1}))
    paths = ("state", "servers", "jobs")
    answers = [page.get(f"/mobilesd-queue/{path}").text for path in paths]
    answers.append(page.post("/mobilesd-queue/test", json={}).text)
    typed = {"url": server.url, "key": "msk_abcdefgh", "secret": SECRET}
    answers.append(page.post("/mobilesd-queue/credentials", json=typed).text)
    assert all(answers)
    assert SECRET not in "".join(answers)


def test_servers_are_named_with_whether_they_are_there(page, server):
    rows = [{"alias": "Attic", "is_present": True}, {"alias": "Cellar"}]
    server.script("/api/v1/servers", Reply(200, {"servers": rows}))
    page.post("/mobilesd-queue/test", json={})
    answer = page.get("/mobilesd-queue/servers").json()
    assert answer == {"Attic": "Attic", "Cellar": "Cellar (away)"}


def test_a_server_that_takes_no_jobs_says_so_beside_its_name(page, server):
    modes = {"Attic": "paused", "Cellar": "draining", "Shed": "active", "Barn": ["odd"]}
    rows = [{"alias": alias, "is_present": True, "mode": mode} for alias, mode in modes.items()]
    rows.append({"alias": "Loft", "is_present": False, "mode": "paused"})
    server.script("/api/v1/servers", Reply(200, {"servers": rows}))
    page.post("/mobilesd-queue/test", json={})
    words = list(page.get("/mobilesd-queue/servers").json().values())
    assert words == ["Attic (paused)", "Cellar (draining)", "Shed", "Barn", "Loft (away)"]


def test_the_page_gets_the_address_of_a_socket_and_nothing_of_the_key(page, server, caplog):
    server.script("/api/v1/events/tickets", Reply(201, {"ticket": "t.1"}))
    with caplog.at_level(logging.DEBUG):
        answer = page.post("/mobilesd-queue/live", json={"server": "Attic", "since": "l.7"})
    host = server.url.removeprefix("http://")
    query = "server=Attic&ticket=t.1&since=l.7"
    assert answer.json() == {"url": f"ws://{host}/api/v1/events?{query}"}
    assert "t.1" not in caplog.text


def test_a_queue_without_events_says_so_and_stays_connected(page, server):
    answer = page.post("/mobilesd-queue/live", json={"server": "Attic"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert page.get("/mobilesd-queue/state").json()["connected"] is True


def test_a_retry_pressed_again_is_the_same_job_and_a_new_press_another(page, server):
    path = f"/api/v1/queue/jobs/{ID}/retry"
    made = Reply(201, {"success": True, "mobilesd_job_id": "2"})
    server.script(path, made, made, made)
    for press in ("first", "first", "second"):
        answer = page.post(f"/mobilesd-queue/jobs/{ID}/retry", json={"press": press})
        assert answer.json()["sentence"] == "Queued again, as a new job."
    asked = [one for one in server.requests if one.path == path]
    keys = [one.headers["Idempotency-Key"] for one in asked]
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [("cancelled", "Cancelled."), ("processing", "It is being stopped.")],
)
def test_a_cancel_says_what_it_did(page, server, status, sentence):
    server.script(f"/api/v1/queue/jobs/{ID}/cancel", Reply(200, {"status": status}))
    answer = page.post(f"/mobilesd-queue/jobs/{ID}/cancel", json={})
    assert answer.json() == {"sentence": sentence}


def test_the_list_of_an_older_queue_is_shown_with_what_it_has(page, server):
    row = {"mobilesd_job_id": "1", "status": "pending", "creation_timestamp": "2026-03-01 11:59"}
    server.script("/api/v1/queue/jobs", Reply(200, {"jobs": [row]}))
    answer = page.get("/mobilesd-queue/jobs", params={"order": "oldest"}).json()
    assert [job["word"] for job in answer["jobs"]] == ["Waiting"]


def test_what_waits_is_asked_for_with_its_places(page, server):
    server.script("/api/v1/queue/jobs", Reply(200, {"jobs": [JOB], "total": 1}))
    query = {"status": "pending,processing", "order": "oldest", "q": "", "owner": "someone"}
    answer = page.get("/mobilesd-queue/jobs", params=query).json()
    assert answer["jobs"][0]["prompt"] == "a fox"
    asked = server.requests[-1].path
    assert "places=true" in asked
    assert "owner" not in asked


def test_the_settings_of_a_job_come_back_with_what_cannot(page, server):
    params = {"positive_prompt": "a fox", "checkpoint_name": "a.safetensors", "styles": ["Noir"]}
    job = JOB | {"generation_params": params}
    server.script(f"/api/v1/queue/jobs/{ID}", Reply(200, job))
    answer = page.get(f"/mobilesd-queue/infotext/{ID}").json()
    assert answer["tab"] == "txt2img"
    assert answer["infotext"].startswith("a fox\n")
    assert "styles Noir" in answer["lost"]


@pytest.mark.parametrize("kind", ["preview", "download"])
def test_a_picture_is_handed_on_and_kept_by_the_browser_alone(page, server, kind, tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    path = f"/api/v1/images/{kind}/{PICTURE}"
    server.script(path, Reply(200, content, content_type="image/png"))
    answer = TestClient(page.app, base_url=BOX).get(f"/mobilesd-queue/images/{kind}/{PICTURE}")
    assert answer.content == content
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"


def test_what_is_no_picture_is_not_handed_on(page, server):
    server.script(f"/api/v1/images/preview/{PICTURE}", HTML)
    answer = page.get(f"/mobilesd-queue/images/preview/{PICTURE}")
    assert answer.status_code == 400
    assert "<h1>" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "jobs/..%2f..%2fkeys",
        f"jobs/{ID}%3Fx=1",
        "jobs/x",
        "images/preview/a%2f..%2fb.png",
        "images/preview/%2e%2e",
        "images/original/a.png",
        "infotext/1",
    ],
)
def test_no_path_reaches_past_what_it_names(page, server, path):
    before = len(server.requests)
    assert page.get(f"/mobilesd-queue/{path}").status_code == 404
    assert len(server.requests) == before


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("{}", "text/plain"),
        ("{}", "application/x-www-form-urlencoded"),
        ("[1]", "application/json"),
        ("{", "application/json"),
        ('{"text": 5}', "application/json"),
        (f'{{"text": "{"x" * 70_000}"}}', "application/json"),
    ],
)
def test_a_body_that_no_page_of_ours_sends_is_refused_with_a_sentence(page, body, kind):
    answer = page.post("/mobilesd-queue/connect", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


def test_the_queues_refusal_reaches_the_page_as_its_sentence(page, server):
    path = f"/api/v1/queue/jobs/{ID}/cancel"
    server.script(path, problem(409, "already_finished", "The job is finished already"))
    answer = page.post(f"/mobilesd-queue/jobs/{ID}/cancel", json={})
    assert answer.json()["code"] == "already_finished"
    assert "finished already" in answer.json()["error"]


def test_a_fault_of_ours_tells_the_page_nothing_but_that(page, box, monkeypatch, caplog):
    broken = {"jobs": [{"host": "/home/me"}], "total": 1}
    monkeypatch.setattr(box.service, "jobs", lambda filters: broken)
    with caplog.at_level(logging.ERROR, logger="mobilesd_queue"):
        answer = page.get("/mobilesd-queue/jobs")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert "KeyError" not in answer.text
    assert "Traceback" in caplog.text


def test_a_slow_queue_does_not_hold_up_other_routes(page, server):
    release = threading.Event()
    # The state, too, has the queue asked in the background.
    slow_reply = Reply(200, {"jobs": [], "total": 0}, waits_for=release)
    server.script("/api/v1/queue/jobs", slow_reply, slow_reply)
    slow = threading.Thread(target=page.get, args=("/mobilesd-queue/jobs",))
    slow.start()
    try:
        assert page.get("/mobilesd-queue/state").status_code == 200
        assert slow.is_alive()
    finally:
        release.set()
        slow.join()


def test_a_forge_without_a_page_gets_no_routes(box):
    app = FastAPI()
    add_routes(app, box.service, dict, Options, lambda: HOST)
    assert not [route for route in app.routes if route.path.startswith("/mobilesd-queue")]
