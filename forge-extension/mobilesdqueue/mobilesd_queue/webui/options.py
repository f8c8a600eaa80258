"""The settings page "MobileSD": addresses, defaults and habits. The secret is never an option."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import gradio as gr
from modules import shared

from mobilesd_queue.cloud.limits import PRIORITY_DEFAULT, PRIORITY_FIRST, PRIORITY_LAST
from mobilesd_queue.element_ids import SETTINGS_SECTION
from mobilesd_queue.errors import QueueError
from mobilesd_queue.service import Options
from mobilesd_queue.webui.page_html import connection_html

SECTION = (SETTINGS_SECTION, "MobileSD")
URL_DEFAULT = "http://127.0.0.1:3000"
HOTKEY_DEFAULT = "Ctrl+Shift+Enter"
OLD_SECRET = "mobilesd_api_secret"
OWN_OPTIONS = (
    *("mobilesd_url", "mobilesd_api_key", "mobilesd_server"),
    *("mobilesd_priority", "mobilesd_hotkey", "mobilesd_verify_tls"),
)

_log = logging.getLogger("mobilesd_queue")


def add_settings() -> None:
    """Adds the section to Forge's settings.

    Where to, by which key and whether to check who answers can't be set through Forge's API: who
    reaches only that must not be able to send the queue's secret elsewhere.
    """
    add = shared.opts.add_option
    connection = shared.OptionHTML(connection_html())
    connection.section = SECTION
    add("mobilesd_connection", connection)
    add("mobilesd_url", _option(URL_DEFAULT, "Address of the queue", restrict_api=True))
    key = _option("", "API key", restrict_api=True)
    add("mobilesd_api_key", key.info("not the secret; Connect fills it in"))
    server = _option("", "Default server")
    add("mobilesd_server", server.info("its name; empty: the only one there is"))
    slider = {"minimum": PRIORITY_FIRST, "maximum": PRIORITY_LAST, "step": 1}
    priority = _option(PRIORITY_DEFAULT, "Default priority", gr.Slider, slider)
    add("mobilesd_priority", priority.info("1 runs first").needs_reload_ui())
    hotkey = _option(HOTKEY_DEFAULT, "Hotkey of Queue in MobileSD")
    add("mobilesd_hotkey", hotkey.info("such as Ctrl+Shift+Enter or Alt+Q; empty: none"))
    tls = _option(True, "Check the certificate of the queue's server", restrict_api=True)
    add("mobilesd_verify_tls", tls.info("leave it on, unless you signed the certificate yourself"))


def _option(
    default: object,
    label: str,
    component: object = None,
    component_args: dict[str, object] | None = None,
    *,
    restrict_api: bool = False,
) -> shared.OptionInfo:
    return shared.OptionInfo(
        default, label, component, component_args, section=SECTION, restrict_api=restrict_api
    )


def current_options() -> Options:
    """The settings at this moment, defaults where one was never saved or is not of its kind."""
    read = shared.opts.data.get
    return Options(
        url=str(read("mobilesd_url", URL_DEFAULT) or URL_DEFAULT).strip(),
        api_key=str(read("mobilesd_api_key", "") or "").strip(),
        server=str(read("mobilesd_server", "") or "").strip(),
        priority=_priority(read("mobilesd_priority")),
        verify_tls=read("mobilesd_verify_tls") is not False,
    )


def _priority(kept: object) -> int:
    if isinstance(kept, bool) or not isinstance(kept, int | float | str):
        return PRIORITY_DEFAULT
    try:
        return max(PRIORITY_FIRST, min(PRIORITY_LAST, int(kept)))
    except (ValueError, OverflowError):
        return PRIORITY_DEFAULT


def keep_options(url: str, api_key: str) -> None:
    """Stores address and key in Forge's settings; two empty texts take all of ours out of them.

    Raises QueueError where Forge's settings are frozen, OSError where the file cannot be written.
    """
    try:
        shared.opts.set("mobilesd_url", url or URL_DEFAULT)
        shared.opts.set("mobilesd_api_key", api_key)
    except (AssertionError, RuntimeError) as error:
        raise QueueError(
            "Forge's settings are frozen by a start option, so the address and the key cannot be "
            "kept. Start Forge without it, or set MOBILESD_URL, MOBILESD_API_KEY and "
            "MOBILESD_API_SECRET in Forge's environment."
        ) from error
    if url or api_key:
        _write_own({"mobilesd_url": url, "mobilesd_api_key": api_key})
        return
    for name in OWN_OPTIONS:
        shared.opts.data.pop(name, None)
    _write_own(dict.fromkeys(OWN_OPTIONS))


def _write_own(changes: Mapping[str, str | None]) -> None:
    """Changes ours in Forge's config.json and nothing else; None takes an option out.

    Forge's own save writes every option as it stands, those of a job that runs among them.
    """
    path = Path(shared.config_filename).resolve()
    try:
        kept = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        kept = {}
    for name, value in changes.items():
        kept.pop(name, None)
        if value is not None:
            kept[name] = value
    draft = path.with_name(f"{path.name}.mobilesd")
    draft.write_text(json.dumps(kept, indent=4, ensure_ascii=False), "utf-8")
    if path.exists():
        shutil.copymode(path, draft)
    draft.replace(path)


def move_old_secret(adopt: Callable[[str], bool]) -> None:
    """Takes an old option with the secret out of Forge's options and its config.json.

    `adopt` keeps the secret where it is safe and answers whether it could; then the option goes.
    """
    secret = shared.opts.data.get(OLD_SECRET)
    if not isinstance(secret, str):
        return
    if secret and not adopt(secret):
        return
    del shared.opts.data[OLD_SECRET]
    try:
        _write_own({OLD_SECRET: None})
    except (OSError, ValueError):
        _log.warning(
            "The secret still stands in Forge's config.json, which cannot be written: "
            "remove mobilesd_api_secret there."
        )
