"""Joins one finished tab to the queue: finds what Generate runs, tests it, connects the button."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import gradio as gr
from modules import infotext_utils, scripts

from mobilesd_queue.capture.screen import Screen
from mobilesd_queue.element_ids import Tab
from mobilesd_queue.service import Service
from mobilesd_queue.webui import find_events, options
from mobilesd_queue.webui.accordion import connect_accordion
from mobilesd_queue.webui.answer_click import ClickAnswers
from mobilesd_queue.webui.button import connect_button
from mobilesd_queue.webui.host_state import read_host_state
from mobilesd_queue.webui.page_parts import TabParts
from mobilesd_queue.webui.read_screen import Binding, read_screen
from mobilesd_queue.webui.script_tables import always_on_tables, selectable_tables
from mobilesd_queue.webui.self_test import TabReport, report_on

_log = logging.getLogger("mobilesd_queue")


def connect_tab(parts: TabParts, service: Service) -> TabReport:
    """Connects the tab's buttons, or says why they must stay off. Never raises: Forge goes on."""
    try:
        binding = _bind(parts)
        report = report_on(binding, _runner_of(parts.tab).inputs)
        if report.whole:
            answers = ClickAnswers(service, options.current_options, _reader(binding))
            connect_button(parts, binding, answers.answer)
            connect_accordion(parts, service, options.current_options)
        return report
    except find_events.UnsupportedHost as error:
        return TabReport(parts.tab, whole=False, sentence=str(error))
    except Exception:
        _log.exception("%s could not be connected", parts.tab)
        return TabReport(
            parts.tab,
            whole=False,
            sentence=f"{parts.tab} cannot be queued: something on its page is not as it is known. "
            "Forge's console says what. Update Forge and this extension.",
        )


def _bind(parts: TabParts) -> Binding:
    """Raises UnsupportedHost where Generate or what it runs is not to be found."""
    if parts.generate is None or parts.accordion is None:
        raise find_events.UnsupportedHost(
            f"This WebUI has no {parts.tab} page with a Generate button that MobileSD Queue knows."
        )
    functions = _functions_of(parts.tab)
    clicks = find_events.clicks_on(parts.blocks, parts.generate)
    main = find_events.main_event(clicks, functions[0])
    if main is None:
        raise find_events.UnsupportedHost(
            f"What Generate runs on {parts.tab} was not found: another extension may have replaced "
            "it. Switch off the extension that was added last, and reload the UI."
        )
    runner = _runner_of(parts.tab)
    return Binding(
        tab=parts.tab,
        main=main,
        names=find_events.parameter_names(functions),
        builders=tuple(find_events.builders(clicks, _is_state)),
        scripts=always_on_tables(runner),
        selectable=selectable_tables(runner),
    )


def _runner_of(tab: Tab) -> Any:
    return getattr(scripts, f"scripts_{tab}")


def _functions_of(tab: Tab) -> list[Callable[..., Any]]:
    """What Generate runs, and the inner functions that may have the names of its inputs."""
    module = import_module(f"modules.{tab}")
    inner = (f"{tab}_create_processing", f"{tab}_function")
    named = [getattr(module, name) for name in inner if hasattr(module, name)]
    return [getattr(module, tab), *named]


def _is_state(component: Any) -> bool:
    return isinstance(component, gr.State)


def _reader(binding: Binding) -> Callable[[Sequence[Any], Any], Screen]:
    def read(values: Sequence[Any], request: Any) -> Screen:
        return read_screen(
            binding,
            values,
            request,
            host=read_host_state(),
            read_overrides=infotext_utils.create_override_settings_dict,
        )

    return read
