"""Serves the page and builds it anew on "Reload UI", in Forge's order of calls."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

from modules.shared_cmd_options import HOST_ROOT, cmd_opts


def run_installers() -> None:
    """Each extension's install.py, as a process of its own that sees the host's modules."""
    from modules import errors, extensions

    for extension in extensions.active():
        script = os.path.join(extension.path, "install.py")
        if not os.path.isfile(script):
            continue
        env = {**os.environ, "PYTHONPATH": str(HOST_ROOT)}
        done = subprocess.run(
            [sys.executable, script], env=env, capture_output=True, text=True, check=False
        )
        print(done.stdout, done.stderr, sep="", end="")
        if done.returncode != 0:
            errors.report(f"Error running install.py of {extension.name}")


def end_with_parent() -> None:
    """Ends the process when the other end of its standard input is gone."""

    def wait() -> None:
        while os.read(0, 1):
            pass
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def load_everything() -> None:
    """Extensions, checkpoints, scripts: at the start and on every Reload UI."""
    from modules import extensions, scripts, sd_models

    extensions.list_extensions()
    sd_models.list_models()
    scripts.load_scripts()


def serve_once() -> str:
    """Builds the page, serves it, and gives back the command that ended it."""
    import gradio.networking

    from modules import host_api, script_callbacks, shared, ui, ui_gradio_extensions

    script_callbacks.before_ui_callback()
    shared.demo = ui.create_ui()
    shared.demo.queue(64)
    ui_gradio_extensions.reload_javascript()
    # Gradio asks for its own page first, and a busy machine takes longer than it waits.
    gradio.networking.url_ok = lambda _url: True
    app, _, _ = shared.demo.launch(**_launch_options())
    app.user_middleware = [m for m in app.user_middleware if "CORS" not in m.cls.__name__]
    app.middleware_stack = app.build_middleware_stack()
    host_api.add_routes(app)
    script_callbacks.app_started_callback(shared.demo, app)
    print(f"READY http://127.0.0.1:{cmd_opts.port}", flush=True)
    command = None
    while command is None:
        command = shared.state.wait_for_server_command(timeout=5)
    shared.demo.close()
    return command


def _launch_options() -> dict[str, Any]:
    from modules import extensions, paths

    credentials = cmd_opts.gradio_auth
    served = [paths.data_path, paths.script_path, *(e.path for e in extensions.active())]
    return {
        "server_name": "127.0.0.1",
        "server_port": cmd_opts.port,
        "auth": [tuple(credentials.split(":", 1))] if credentials else None,
        "prevent_thread_lock": True,
        "quiet": True,
        "show_api": False,
        "allowed_paths": served,
        "root_path": f"/{cmd_opts.subpath}" if cmd_opts.subpath else "",
    }


def main() -> None:
    """Runs until the process is ended."""
    from modules import extensions, gradio_extensions, script_callbacks

    if gradio_extensions is None:
        raise RuntimeError("Gradio is not made ready")
    if cmd_opts.end_with_parent:
        end_with_parent()
    extensions.list_extensions()
    run_installers()
    load_everything()
    while serve_once() == "restart":
        time.sleep(0.5)
        script_callbacks.app_reload_callback()
        script_callbacks.script_unloaded_callback()
        load_everything()


if __name__ == "__main__":
    main()
