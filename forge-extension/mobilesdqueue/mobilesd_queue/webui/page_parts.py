"""What the extension has put on one tab of the page that is being built."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from gradio.context import Context

from mobilesd_queue.element_ids import Tab


@dataclass
class TabParts:
    """The components of one tab, filled while Forge builds it; of use until it is loaded anew."""

    tab: Tab
    blocks: Any = None
    generate: Any = None
    button: Any = None
    status: Any = None
    control: Any = None
    accordion: AccordionParts | None = None


@dataclass(frozen=True)
class AccordionParts:
    """The accordion's components, none of which is an argument of a script."""

    button: Any
    outcome: Any
    priority: Any
    server: Any
    refresh: Any
    repeat: Any
    seed_rule: Any
    connection: Any


@contextmanager
def events_of(blocks: Any) -> Iterator[None]:
    """Events registered inside belong to these Blocks, which were left before.

    Entering them again (`with blocks:`) would add a second page-load event for each component whose
    value is a function (gradio.blocks.Blocks.__exit__).
    """
    before = Context.root_block
    Context.root_block = blocks
    try:
        yield
    finally:
        Context.root_block = before


def keep_out_of_ui_config(component: Any) -> Any:
    """The same component, which Forge then does not write into ui-config.json (ui_loadsave.py)."""
    component.do_not_save_to_config = True
    return component
