"""Registers the extension with Forge once per load of the UI, each load with its own service."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any

from gradio.context import Context
from modules import paths, script_callbacks

from mobilesd_queue import __version__
from mobilesd_queue.element_ids import TABS, Tab, generate
from mobilesd_queue.errors import QueueError
from mobilesd_queue.paths import private_folder
from mobilesd_queue.service import Service
from mobilesd_queue.webui import accordion, options, routes, tab
from mobilesd_queue.webui.button import add_button, switch_off
from mobilesd_queue.webui.connect_tab import connect_tab
from mobilesd_queue.webui.host_state import read_host_state
from mobilesd_queue.webui.page_parts import TabParts
from mobilesd_queue.webui.self_test import TabReport

_NOT_STARTED = (
    "MobileSD Queue could not start. Forge's console says why; then use Reload UI in the settings."
)
_SECRET_NOT_MOVED = "The secret in Forge's config.json could not be moved to a safe place."

_log = logging.getLogger("mobilesd_queue")


class _Load:
    """One load of Forge's UI, from its scripts' import until they are dropped.

    The service begins with the page and not with the import: Forge can also execute the scripts
    anew under a page that stays ("Reload custom script bodies").
    """

    def __init__(self) -> None:
        self.parts: dict[Tab, TabParts] = {name: TabParts(name) for name in TABS}
        self._service: Service | None = None
        self._trouble = ""
        self._reports: list[TabReport] = []

    def begin(self) -> None:
        """Before the page is built."""
        global _current
        _current = self
        try:
            service = Service(
                folder=private_folder(
                    Path(paths.data_path), environ=os.environ, platform=sys.platform
                ),
                options=options.current_options,
                keep_options=options.keep_options,
                environ=os.environ,
                version=__version__,
            )
            service.start()
        except Exception as error:
            self._trouble = _told(error, _NOT_STARTED)
            return
        self._service = service
        try:
            options.move_old_secret(service.adopt_old_secret)
        except Exception as error:
            _told(error, _SECRET_NOT_MOVED)

    def end(self) -> None:
        """Before the scripts are imported anew."""
        if self._service is not None:
            self._service.stop()

    def component_built(self, component: Any, **arguments: Any) -> None:
        """Called for every component of Forge's page, so it leaves at once for all but two."""
        elem_id = arguments.get("elem_id")
        for parts in self.parts.values():
            if elem_id == generate(parts.tab):
                parts.generate = component
                parts.blocks = Context.root_block
                add_button(parts)

    def page_built(self) -> list[tuple[Any, str, str]]:
        """When both tabs stand and the page is put together: the last moment for its events.

        With --nowebui Forge builds a page that nobody sees, before it says that it begins one.
        """
        if self._service is None and not self._trouble:
            return []
        self._reports = [self._connect(parts) for parts in self.parts.values()]
        for report in self._reports:
            _log.log(logging.INFO if report.whole else logging.ERROR, "%s", report.sentence)
        return [] if self._service is None else tab.build_tab(self._service)

    def _connect(self, parts: TabParts) -> TabReport:
        if self._service is None:
            report = TabReport(parts.tab, whole=False, sentence=self._trouble)
        else:
            report = connect_tab(parts, self._service)
        if not report.whole:
            switch_off(parts, report.sentence)
        return report

    def app_started(self, _page: Any, app: Any) -> None:
        """When the page is served."""
        if self._service is not None:
            routes.add_routes(
                app, self._service, self._capture_state, options.current_options, read_host_state
            )

    def _capture_state(self) -> dict[str, dict[str, Any]]:
        return {
            report.tab: {"whole": report.whole, "sentence": report.sentence}
            for report in self._reports
        }


_current: _Load | None = None


def register() -> None:
    """Called at module level of the entry script, which Forge executes at every load."""
    _speak_on_console()
    load = _Load()
    script_callbacks.on_before_ui(load.begin)
    script_callbacks.on_after_component(load.component_built)
    script_callbacks.on_ui_settings(options.add_settings)
    script_callbacks.on_ui_tabs(load.page_built)
    script_callbacks.on_app_started(load.app_started)
    script_callbacks.on_script_unloaded(load.end)


def build_accordion(tab_name: Tab) -> None:
    """Draws the accordion where Forge is building a tab.

    With `--api` Forge calls every script's `ui` two times more, outside of its page: the first call
    is the page's.
    """
    parts = _current.parts[tab_name] if _current is not None else None
    if parts is not None and parts.accordion is None:
        parts.accordion = accordion.build_accordion(tab_name, options.current_options())


def _told(error: Exception, otherwise: str) -> str:
    """Puts an error on the console; the sentence to show."""
    if isinstance(error, QueueError):
        _log.error("%s", error)
        return str(error)
    _log.error("%s", otherwise, exc_info=error)
    return otherwise


def _speak_on_console() -> None:
    """Forge gives libraries' loggers no way to its console below warnings."""
    if not _log.handlers:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter("MobileSD Queue: %(message)s"))
        _log.addHandler(handler)
        _log.setLevel(logging.INFO)
        _log.propagate = False
