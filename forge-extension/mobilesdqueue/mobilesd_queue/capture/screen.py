"""What Forge's page holds at the moment of a click, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class ScriptOnScreen:
    """One script of a tab with the arguments that Generate would hand over.

    `values` has every builder's result in its place. `defaults` is what the script's `ui()` said
    when Forge started, None where that is unknown. `fields` names positions of a built-in script by
    the request field that they fill. `choices` are the lists, by position, that hand over a
    place instead of a name. `uncaptured` says why the values are not to be trusted.
    """

    title: str
    kind: Literal["alwayson", "selectable", "builtin"]
    labels: tuple[str | None, ...] = ()
    values: tuple[Any, ...] = ()
    defaults: tuple[Any, ...] | None = None
    fields: Mapping[str, int] = field(default_factory=dict)
    choices: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    uncaptured: str | None = None


@dataclass(frozen=True)
class HostState:
    """What Forge takes from its options instead of from the page's inputs.

    `checkpoint` has its folder and extension, as in Forge's own list. `modules` are file names of
    the chosen VAE and text encoders; () means those in the checkpoint. `options` are those that
    differ from Forge's defaults, by name, and those that are always sent.
    """

    checkpoint: str | None
    modules: tuple[str, ...] = ()
    clip_skip: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Screen:
    """One tab: its inputs by the names of Forge's own function, its scripts in their order."""

    tab: Literal["txt2img", "img2img"]
    values: Mapping[str, Any]
    scripts: tuple[ScriptOnScreen, ...]
    selected: ScriptOnScreen | None
    host: HostState
    override_settings: Mapping[str, Any] = field(default_factory=dict)
