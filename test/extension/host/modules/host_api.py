"""Routes of the host: a little of Forge's API, and what the tests ask."""

from __future__ import annotations

from typing import Any

import gradio as gr
from fastapi import FastAPI

from modules import generated, scripts, sd_models, shared
from modules.script_runner import ScriptRunner
from modules.shared_cmd_options import cmd_opts


def _script_info() -> list[Any]:
    runners: list[ScriptRunner] = [scripts.scripts_txt2img, scripts.scripts_img2img]
    return [s.api_info for runner in runners for s in runner.scripts if s.api_info is not None]


def _txt2img() -> dict[str, Any]:
    """What an API request does to scripts: their ui() runs twice more, in a page nobody sees."""
    runner = scripts.scripts_txt2img
    arguments: list[Any] = [0]
    with gr.Blocks():
        for script in runner.scripts:
            script.tree = None
            if script.ui(False):
                arguments += [control.value for control in script.ui(False)]
    return {"images": [], "arguments": len(arguments)}


def _ping() -> dict[str, Any]:
    return {}


def _hold() -> dict[str, Any]:
    shared.may_finish.clear()
    return {}


def _release() -> dict[str, Any]:
    shared.may_finish.set()
    return {}


def _seen() -> dict[str, Any]:
    return {"ran": generated.ran, "loads": sd_models.loads, "running": bool(shared.state.job)}


def add_routes(app: FastAPI) -> None:
    """Adds them to the page's app."""
    app.add_api_route("/internal/ping", _ping, methods=["GET"])
    app.add_api_route("/host/ran", _seen, methods=["GET"])
    app.add_api_route("/host/hold", _hold, methods=["POST"])
    app.add_api_route("/host/release", _release, methods=["POST"])
    if cmd_opts.api:
        app.add_api_route("/sdapi/v1/txt2img", _txt2img, methods=["POST"])
        app.add_api_route("/sdapi/v1/script-info", _script_info, methods=["GET"])
        app.add_api_route("/sdapi/v1/options", lambda: _options(), methods=["GET"])


def _options() -> dict[str, Any]:
    labels = shared.opts.data_labels
    return {key: shared.opts.data.get(key, info.default) for key, info in labels.items()}
