"""Registers the extension with Forge once per load of the UI, each load with its own service."""

from __future__ import annotations

from typing import Any

from modules import script_callbacks

from mobilesd_queue.element_ids import TABS, Tab, generate
from mobilesd_queue.webui.page_parts import TabParts


class _Load:
    """One load of Forge's UI, from its scripts' import until they are dropped."""

    def __init__(self) -> None:
        self.parts: dict[Tab, TabParts] = {tab: TabParts(tab) for tab in TABS}

    def begin(self) -> None:
        """Before the page is built."""
        global _current
        _current = self

    def component_built(self, component: Any, **arguments: Any) -> None:
        """Called for every component of Forge's page, so it leaves at once for all but two."""
        elem_id = arguments.get("elem_id")
        for tab in TABS:
            if elem_id == generate(tab):
                self.parts[tab].generate = component

    def end(self) -> None:
        """Before the scripts are imported anew, or Forge ends."""


_current: _Load | None = None


def register() -> None:
    """Called at module level of the entry script, which Forge executes at every load."""
    load = _Load()
    script_callbacks.on_before_ui(load.begin)
    script_callbacks.on_after_component(load.component_built)
    script_callbacks.on_script_unloaded(load.end)


def build_accordion(tab: Tab) -> None:
    """Draws the accordion where Forge is building a tab."""
