"""A reader of infotexts by the rules that forge-reference 1.15 gives for Forge's own."""

from __future__ import annotations

import json
import re

_PAIR = re.compile(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
_SIZE = re.compile(r"(\d+)x(\d+)")


def pasted(text: str) -> dict[str, str]:
    """What a paste finds in an infotext, prompts under "Prompt" and "Negative prompt"."""
    *lines, last = text.strip().split("\n")
    pairs = _PAIR.findall(last)
    if len(pairs) < 3:
        lines, pairs = [*lines, last], []
    prompts: dict[str, list[str]] = {"Prompt": [], "Negative prompt": []}
    kind = "Prompt"
    for line in map(str.strip, lines):
        if line.startswith("Negative prompt:"):
            kind, line = "Negative prompt", line.removeprefix("Negative prompt:").strip()
        prompts[kind].append(line)
    found = {kind: "\n".join(lines) for kind, lines in prompts.items()}
    for key, value in pairs:
        value = json.loads(value) if value[:1] == value[-1:] == '"' else value
        size = _SIZE.fullmatch(value)
        found.update(
            {f"{key}-1": size[1], f"{key}-2": size[2]} if size is not None else {key: value}
        )
    return found
