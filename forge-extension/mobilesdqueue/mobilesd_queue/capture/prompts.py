"""Tags of a prompt that Forge would drop in silence (the rules of src/contract/prompt-tags.ts)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .limits import LORAS_MAX, PROMPT_CHARS_MAX
from .reading import Reader, shown

_LORA = "lora"
_TAG = re.compile(r"<(\w+):(.+)", re.DOTALL)
_LIKE_LORA = re.compile(r"lora|lyco", re.IGNORECASE)
_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?\s*", re.IGNORECASE)
_WHOLE = re.compile(r"\s*[+-]?[0-9]+\s*")

# Forge's own always-on scripts, which leave prompts as they are. In lower case.
_FORGE_SCRIPTS = frozenset(
    (
        "controlnet",
        "sampler",
        "seed",
        "refiner",
        "dynamicthresholding (cfg-fix) integrated",
        "extra options",
        "freeu integrated (sd 1.x, sd 2.x, sdxl)",
        "kohya hrfix integrated",
        "latentmodifier integrated",
        "multidiffusion integrated",
        "never oom integrated",
        "perturbedattentionguidance integrated",
        "selfattentionguidance integrated (sd 1.x, sd 2.x, sdxl)",
        "soft inpainting",
        "stylealign integrated",
    )
)


@dataclass(frozen=True)
class _Tag:
    text: str
    word: str
    positional: tuple[str, ...]
    named: dict[str, str]


def _without_comments(prompt: str) -> str:
    prompt = re.sub(r"(^|\n)#[^\n]*(\n|\Z)", "\n", prompt)
    return re.sub(r"#[^\n]*(\n|\Z)", "\n", prompt)


def _tags_of(prompt: str) -> Iterator[_Tag]:
    for text in _without_comments(prompt).split(">")[:-1]:
        found = _TAG.search(text)
        if not found:
            continue
        word, rest = found.groups()
        parts = [part.split("=") for part in rest.split(":")]
        positional = tuple("=".join(part) for part in parts if len(part) != 2)
        named = {part[0]: part[1] for part in parts if len(part) == 2}
        yield _Tag(f"<{word}:{rest}>", word, positional, named)


def _has_readable_weights(tag: _Tag) -> bool:
    at = dict(enumerate(tag.positional))
    weights = (at.get(1), at.get(2), tag.named.get("te"), tag.named.get("unet"))
    dimensions = (at.get(3), tag.named.get("dyn"))
    return all(one is None or _NUMBER.fullmatch(one) for one in weights) and all(
        one is None or _WHOLE.fullmatch(one) for one in dimensions
    )


def _problem_of(tag: _Tag, may_be_rewritten: bool) -> str | None:
    text = shown(tag.text)
    if tag.word == "hypernet":
        return f"{text} is a hypernetwork, which cannot be queued: leave it out"
    if tag.word != _LORA and _LIKE_LORA.fullmatch(tag.word):
        return f"Forge does nothing with {text}: write it as <lora:…>"
    if may_be_rewritten:
        return None
    if tag.word != _LORA:
        return f"Forge would cut {text} out: leave it out, or its colon"
    if _has_readable_weights(tag):
        return None
    return f"the weight in {text} is not a number: write it like <lora:name:0.8>"


def may_rewrite_prompts(titles: Iterable[str]) -> bool:
    """Whether an always-on script of an extension takes part, which may change prompts first."""
    return any(title.lower() not in _FORGE_SCRIPTS for title in titles)


def read_prompt(read: Reader, label: str, value: object, may_be_rewritten: bool) -> str:
    """A prompt. Refuses tags that Forge would cut out, and too many LoRAs."""
    prompt = read.text(label, value, PROMPT_CHARS_MAX)
    tags = list(_tags_of(prompt))
    problems = (_problem_of(tag, may_be_rewritten) for tag in tags)
    problem = next((one for one in problems if one is not None), None)
    if problem is not None:
        read.refuse(f"{label}: {problem}.")
    loras = {tag.positional[0] if tag.positional else "" for tag in tags if tag.word == _LORA}
    if len(loras) > LORAS_MAX:
        read.refuse(f"{label} calls {len(loras)} LoRAs: leave {LORAS_MAX} at most.")
    return prompt


def read_negative_prompt(read: Reader, label: str, value: object) -> str:
    """A negative prompt, in which Forge takes every tag for plain words."""
    prompt = read.text(label, value, PROMPT_CHARS_MAX)
    if re.search("<lora:", _without_comments(prompt), re.IGNORECASE):
        read.refuse(
            f"{label} calls a LoRA, which Forge reads in the prompt only: move it there, "
            "with a weight below 0 to turn it around."
        )
    return prompt
