"""Turns the values of one click into a `Screen`: names by signature, scripts by their tables."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gradio.helpers import special_args

from mobilesd_queue.capture.screen import HostState, Screen
from mobilesd_queue.element_ids import Tab
from mobilesd_queue.webui.find_events import Event
from mobilesd_queue.webui.script_tables import ScriptTable

TASK_ID = "id_task"
OVERRIDES = "override_settings_texts"

_log = logging.getLogger("mobilesd_queue")


@dataclass(frozen=True)
class Binding:
    """What Generate of one tab takes: its event, the names of its first inputs, its scripts.

    `inputs` are the components whose values a capture needs, in the order of those values.
    """

    tab: Tab
    main: Event
    names: tuple[str, ...]
    builders: tuple[Event, ...]
    scripts: tuple[ScriptTable, ...]
    selectable: tuple[ScriptTable, ...]

    @property
    def inputs(self) -> list[Any]:
        """Generate's own inputs, then the builders' that are not among them."""
        wanted = [*self.main.inputs, *(item for event in self.builders for item in event.inputs)]
        return list({component._id: component for component in wanted}.values())


def read_screen(
    binding: Binding,
    values: Sequence[Any],
    request: Any,
    *,
    host: HostState,
    read_overrides: Callable[[Any], dict[str, Any]],
) -> Screen:
    """What Generate would run now. `values` are those of `binding.inputs`.

    A script whose builder fails is in it with `uncaptured` set, never with an older value.
    """
    known = {item._id: value for item, value in zip(binding.inputs, values, strict=True)}
    failed = _run_builders(binding.builders, known, request)
    ordered = [known[component._id] for component in binding.main.inputs]
    named = dict(zip(binding.names, ordered, strict=False))
    named.pop(TASK_ID, None)
    tail = ordered[len(binding.names) :]
    chosen = tail[0] if tail else None
    return Screen(
        tab=binding.tab,
        values=named,
        scripts=tuple(table.on_screen(tail, failed) for table in binding.scripts),
        selected=binding.selectable[chosen - 1].on_screen(tail, failed) if chosen else None,
        host=host,
        override_settings=read_overrides(named.get(OVERRIDES)),
    )


def _run_builders(builders: Sequence[Event], known: dict[int, Any], request: Any) -> dict[int, str]:
    """Puts each builder's result where its states stand; by component id, why one has none."""
    failed: dict[int, str] = {}
    for event in builders:
        try:
            results = _build(event, known, request)
        except Exception as error:
            _log.exception("A script's arguments could not be put together")
            reason = str(error) or type(error).__name__
            failed.update((output._id, reason) for output in event.outputs)
        else:
            known.update(results)
    return failed


def _build(event: Event, known: dict[int, Any], request: Any) -> dict[int, Any]:
    fn = event.fn
    if event.has_js or inspect.iscoroutinefunction(fn) or inspect.isgeneratorfunction(fn):
        raise ValueError("its values are put together in a way that only Generate can do")
    if event.takes_dict:
        result = fn({item: known[item._id] for item in event.inputs})
    else:
        arguments, *_ = special_args(fn, [known[item._id] for item in event.inputs], request)
        result = fn(*arguments)
    if len(event.outputs) == 1:
        return {event.outputs[0]._id: result}
    if isinstance(result, dict):
        return {output._id: value for output, value in result.items()}
    return {output._id: value for output, value in zip(event.outputs, result, strict=True)}
