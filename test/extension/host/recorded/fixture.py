"""Reads the recording: components, their nesting, Generate's inputs, and whose they are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from modules.shared import PAGE

TABS = ("txt2img", "img2img")


@dataclass(frozen=True)
class Node:
    """A component and those inside it. Forms are left out: Gradio makes them anew."""

    id: int
    children: tuple[Node, ...]

    def walk(self) -> list[Node]:
        """The node and everything inside it."""
        return [self, *(inner for child in self.children for inner in child.walk())]


@cache
def components() -> dict[int, dict[str, Any]]:
    """What was recorded of every component, by its id."""
    lines = (PAGE / "components.jsonl").read_text(encoding="utf-8").splitlines()
    return {record["id"]: record for record in map(json.loads, lines)}


def by_elem_id(elem_id: str) -> int:
    """The id of the first component with that elem_id."""
    return next(key for key, record in components().items() if record.get("elem_id") == elem_id)


def _nodes(raw: list[dict[str, Any]]) -> tuple[Node, ...]:
    nodes: list[Node] = []
    for child in raw:
        inner = _nodes(child.get("children", []))
        if components()[child["id"]]["type"] == "form":
            nodes.extend(inner)
        else:
            nodes.append(Node(child["id"], inner))
    return tuple(nodes)


@cache
def layout(part: str) -> Node:
    """A part of the page: quicksettings, tab_txt2img or tab_img2img."""
    raw = json.loads((PAGE / "layout.json").read_text(encoding="utf-8"))[part]
    return Node(raw["id"], _nodes(raw["children"]))


@cache
def generate_inputs(tab: str) -> tuple[int, ...]:
    """The ids of Generate's inputs, in their order."""
    rows = (PAGE / f"{tab}-generate-inputs.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(int(row.split("\t")[1]) for row in rows[1:])


@dataclass(frozen=True)
class ScriptRange:
    """A script of a tab: its name in lower case and the components of its arguments."""

    name: str
    is_alwayson: bool
    inputs: tuple[int, ...]


def _label(component: int) -> str:
    record = components()[component]
    return "" if record["type"] in ("state", "html", "markdown") else record.get("label") or ""


@cache
def script_ranges(tab: str) -> tuple[ScriptRange, ...]:
    """Whose the inputs behind the script dropdown are, by the labels that the API told."""
    raw = json.loads((PAGE / "script-labels.json").read_text(encoding="utf-8"))
    left = [script for script in raw if script["is_img2img"] == (tab == "img2img")]
    inputs = generate_inputs(tab)
    at = (
        next(i for i, c in enumerate(inputs) if components()[c].get("elem_id") == "script_list") + 1
    )
    ranges: list[ScriptRange] = []
    while at < len(inputs):
        labels = [_label(component) for component in inputs[at:]]
        script = next(s for s in left if s["labels"] and s["labels"] == labels[: len(s["labels"])])
        left.remove(script)
        ids = inputs[at : at + len(script["labels"])]
        ranges.append(ScriptRange(script["name"], script["is_alwayson"], ids))
        at += len(ids)
    without = [ScriptRange(s["name"], s["is_alwayson"], ()) for s in left]
    return (*ranges, *without)
