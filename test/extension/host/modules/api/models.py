"""What the API says of a script."""

from typing import Any

from pydantic import BaseModel, Field


class ScriptArg(BaseModel):
    """One argument."""

    label: str | None = Field(default=None)
    value: Any = Field(default=None)
    minimum: Any = Field(default=None)
    maximum: Any = Field(default=None)
    step: Any = Field(default=None)
    choices: Any = Field(default=None)


class ScriptInfo(BaseModel):
    """One script on one tab."""

    name: str | None = Field(default=None)
    is_alwayson: bool | None = Field(default=None)
    is_img2img: bool | None = Field(default=None)
    args: list[ScriptArg]
