"""Finds among the events of a finished tab what Generate runs, by Gradio's shape alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_GRADIO_3 = (
    "This WebUI runs Gradio 3, whose pages MobileSD Queue cannot read. It works in Forge and Forge "
    "Neo (Gradio 4)."
)
_UNKNOWN = (
    "This WebUI builds its page in a way that MobileSD Queue does not know. It works in Forge and "
    "Forge Neo (Gradio 4)."
)


class UnsupportedHost(Exception):
    """The page cannot be read at all; the text says why and what is supported."""


@dataclass(frozen=True)
class Event:
    """One function of the page with the components that it takes and fills."""

    fn: Callable[..., Any] | None
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    has_js: bool = False
    takes_dict: bool = False


def clicks_on(blocks: Any, component: Any) -> list[Event]:
    """The events that a click on the component starts, in the order in which they were registered.

    Raises UnsupportedHost where Gradio does not keep a table of functions with their targets.
    """
    functions = getattr(blocks, "fns", None)
    if isinstance(functions, list):
        raise UnsupportedHost(_GRADIO_3)
    if not isinstance(functions, Mapping):
        raise UnsupportedHost(_UNKNOWN)
    target = (component._id, "click")
    return [_event(function) for function in functions.values() if target in _targets(function)]


def _targets(function: Any) -> list[tuple[Any, str]]:
    targets = getattr(function, "targets", None)
    if targets is None:
        raise UnsupportedHost(_UNKNOWN)
    return [tuple(target) for target in targets]


def _event(function: Any) -> Event:
    return Event(
        fn=function.fn,
        inputs=tuple(function.inputs),
        outputs=tuple(function.outputs),
        has_js=getattr(function, "js", None) not in (None, False),
        takes_dict=bool(getattr(function, "inputs_as_dict", False)),
    )


def runs(fn: Callable[..., Any] | None, wanted: Callable[..., Any]) -> bool:
    """Whether `fn` is the wanted function under any number of wrappers that name what they wrap."""
    name = (getattr(wanted, "__module__", None), getattr(wanted, "__qualname__", None))
    seen: set[int] = set()
    while fn is not None and id(fn) not in seen:
        seen.add(id(fn))
        if fn is wanted or (fn.__module__, getattr(fn, "__qualname__", None)) == name:
            return True
        fn = getattr(fn, "__wrapped__", None)
    return False


def main_event(events: Iterable[Event], wanted: Callable[..., Any]) -> Event | None:
    """The event that generates, None when no click runs the wanted function."""
    return next((event for event in events if runs(event.fn, wanted)), None)


def builders(events: Iterable[Event], is_state: Callable[[Any], bool]) -> list[Event]:
    """The events that do nothing but put a script's arguments together in a state."""
    return [
        event
        for event in events
        if event.fn is not None and event.outputs and all(map(is_state, event.outputs))
    ]


def parameter_names(functions: Iterable[Callable[..., Any] | None]) -> tuple[str, ...]:
    """The names of Generate's inputs in their order: of the function that names most of them.

    Forge's own handlers hand `*args` through, so only the inner one has the names. The web request
    is not an input (Gradio puts it in by its annotation), and the scripts' arguments have no names.
    """
    found = (_names(function) for function in functions if function is not None)
    return max(found, key=len, default=())


def _names(function: Callable[..., Any]) -> tuple[str, ...]:
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return tuple(p.name for p in parameters if p.kind in positional and p.name != "request")
