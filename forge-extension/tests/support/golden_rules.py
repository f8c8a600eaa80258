"""What both sides of the queue must decide alike (test/golden/capture-rules.json)."""

from __future__ import annotations

from typing import Any

from mobilesd_queue.capture import limits
from mobilesd_queue.capture.options import SETTINGS, Option
from mobilesd_queue.capture.places import names_place
from mobilesd_queue.capture.prompts import read_negative_prompt, read_prompt
from mobilesd_queue.capture.reading import Reader

PROMPTS = (
    "",
    "a cat",
    "a < b > c",
    "a <b c> d",
    "<lora:x:1>",
    "<lora:x:0.8:te=0.5>",
    "<lora:x:te=0.5:unet=.7:dyn=4>",
    "<lora:x:1:1:8>",
    "<lora:x>",
    "<lora:x:>",
    "<lora:x:strong>",
    "<lora:x:1e-1>",
    "<lora:x:1,5>",
    "<lora:x:1:1:8.5>",
    "<lora:x:dyn=4.0>",
    "<lora:x:+.5>",
    "<lora:x:nan>",
    "<Lora:x:1>",
    "<LORA:x:1>",
    "<lyco:x:1>",
    "<lyco_x:1:1>",
    "<hypernet:x:1>",
    "<wildcard:x>",
    "<größe:x>",
    "<a-b:x>",
    "<a:\nb>",
    "<<lora:x:1>>",
    "x # <wildcard:x>",
    "# <wildcard:x>\ny",
    "x\n# z\n<wildcard:x>",
    "<lora:x:1> <wildcard:y>",
    "<lora:x:1",
    *(" ".join(f"<lora:n{at}:1>" for at in range(count)) for count in (32, 33)),
    " ".join(["<lora:same:1>"] * 40),
)

PLACES = (
    "",
    "a cat",
    "and/or",
    "1/2",
    "/",
    "// note",
    "/x",
    "/home/me",
    " /x",
    "a /x",
    "C:\\x",
    "c:/x",
    "c: x",
    "\\\\nas\\poses",
    "\\(bracket\\)",
    "\\models\\x",
    "\\x.png",
    "\\x y",
    "\\a, b\\c",
    "~",
    "~/x",
    "~me/x",
    "~ 5",
    "..",
    "../x",
    "a/../b",
    "a/..",
    "a..b",
    "...",
    "https://x.org",
    "file:///x",
    "s3:\\\\x",
    "data:image/png;base64,AAAA",
    "see https://x.org",
    "--outpath /x",
    "--outpath=/x",
    "x --outpath ~/y",
    "x--outpath ~/y",
    '--outpath "/x y"',
    "path=/x",
    "path= 'C:\\x'",
    "a=b",
    "one\n/two",
    "one\r\n  ~/two",
    "one\u2028/two",
    "<lora:x:1>",
    "(a:1.2)",
    "\\é/x",
    "\\é.x",
    "/é",
)


def _refuses_prompt(prompt: str, may_be_rewritten: bool) -> bool:
    read = Reader()
    read_prompt(read, "Prompt", prompt, may_be_rewritten)
    return bool(read.reasons)


def _refuses_negative(prompt: str) -> bool:
    read = Reader()
    read_negative_prompt(read, "Negative prompt", prompt)
    return bool(read.reasons)


def _camel(name: str) -> str:
    first, *rest = name.lower().split("_")
    return first + "".join(map(str.capitalize, rest))


def _setting(option: Option) -> dict[str, Any]:
    if option.kind in ("whole", "number"):
        return {"kind": option.kind, "low": option.low, "high": option.high}
    if option.kind == "choice":
        return {"kind": option.kind, "choices": list(option.choices)}
    return {"kind": option.kind}


def rules() -> dict[str, Any]:
    """Limits, settings, and which prompts and arguments are refused."""
    names = [name for name in vars(limits) if name.isupper()]
    return {
        "limits": {_camel(name): getattr(limits, name) for name in names},
        "settings": {name: _setting(option) for name, option in SETTINGS.items()},
        "prompts": [
            {
                "prompt": prompt,
                "refused": _refuses_prompt(prompt, False),
                "refused_with_script": _refuses_prompt(prompt, True),
                "refused_as_negative": _refuses_negative(prompt),
            }
            for prompt in PROMPTS
        ],
        "places": [{"text": text, "refused": names_place(text)} for text in PLACES],
    }
