"""Builds a recorded part of the page, giving each script its place in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import gradio as gr

from modules import scripts
from modules.box import with_own_choices
from modules.shared_cmd_options import cmd_opts
from recorded import component, fixture
from recorded.fixture import Node

# Every component built, by its recorded id; both tabs share one.
built: dict[int, Any] = {}


def element(elem_id: str) -> Any:
    """The first component built with that elem_id."""
    return built[fixture.by_elem_id(elem_id)]


def _numpy_canvases(node: Node) -> set[int]:
    """Canvases inside ControlNet hand over arrays, the others pictures."""
    records = fixture.components()
    inside = [n for n in node.walk() if "controlnet" in (records[n.id].get("elem_classes") or [])]
    return {inner.id for outer in inside for inner in outer.walk()}


class TabTree:
    """One tab's layout and where each recorded script begins in it."""

    def __init__(self, tab: str) -> None:
        self.tab = tab
        self.runner = getattr(scripts, f"scripts_{tab}")
        self.root = fixture.layout(f"tab_{tab}")
        self.numpy = _numpy_canvases(self.root)
        self.ranges = {r.name: r for r in fixture.script_ranges(tab)}
        self.owner = {i: r.name for r in self.ranges.values() for i in r.inputs}
        self.generate_box: Any = None
        self.begun: set[str] = set()

    def owners(self, node: Node) -> set[str | None]:
        """The scripts whose arguments are inside a node; None stands for Generate's own inputs."""
        own = set(fixture.generate_inputs(self.tab))
        return {self.owner.get(n.id) for n in node.walk() if n.id in own}

    def build_children(self, nodes: Iterable[Node]) -> None:
        """Builds siblings in order; those of a script are built by the script."""
        siblings = list(nodes)
        for node in siblings:
            owners = self.owners(node)
            name = next(iter(owners)) if len(owners) == 1 else None
            if name is not None and name not in self.begun:
                self._begin_script(name, siblings)
            elif node.id not in built:
                self.build(node)

    def _begin_script(self, name: str, siblings: list[Node]) -> None:
        self.begun.add(name)
        script = next(s for s in self.runner.scripts if s.title().lower() == name)
        roots = [node for node in siblings if self.owners(node) == {name}]
        record = fixture.components()[roots[0].id]
        has_group = len(roots) == 1 and record["type"] == "group" and "elem_id" not in record
        script.create_group = has_group
        script.nodes = list(roots[0].children) if has_group else roots
        script.tree = self
        self.runner.create_in_group(script)

    def build(self, node: Node) -> None:
        """Builds a node and what is inside it."""
        record = with_own_choices(fixture.components()[node.id])
        elem_id = record.get("elem_id") or ""
        if elem_id == "script_list":
            self._build_script_list(node)
            return
        if elem_id == f"{self.tab}_results" and cmd_opts.compact:
            self._build_results(node)
            return
        self._make(node, {**record, "numpy": node.id in self.numpy})

    def _make(self, node: Node, record: dict[str, Any]) -> None:
        is_box = record.get("elem_id") == f"{self.tab}_generate_box" and cmd_opts.compact
        if is_box:
            own = record["elem_classes"][1:]
            made: Any = gr.Row(elem_id=record["elem_id"], elem_classes=own, render=False)
            self.generate_box = made
        else:
            made = component.make(record)
        built[node.id] = made
        if node.children:
            with made:
                self.build_children(node.children)

    def _build_results(self, node: Node) -> None:
        """The compact layout has the generate box above the results."""
        made = component.make(fixture.components()[node.id])
        built[node.id] = made
        with made:
            self.generate_box.render()
            self.build_children(node.children)

    def _build_script_list(self, node: Node) -> None:
        """Always-on scripts of extensions stand above the dropdown, selectable ones at the end."""
        runner = self.runner
        for script in runner.alwayson_scripts:
            if script.title().lower() not in self.begun and script.section is None:
                runner.create_in_group(script)
        record = {**fixture.components()[node.id], "choices": ["None", *runner.titles]}
        built[node.id] = component.make(record)
        runner.inputs[0] = built[node.id]

    def finish_scripts(self) -> None:
        """Builds the selectable scripts that were not recorded, and connects the dropdown."""
        for script in self.runner.selectable_scripts:
            if script.title().lower() not in self.begun:
                self.runner.create_in_group(script)
        self.runner.connect_dropdown(self.runner.inputs[0])
