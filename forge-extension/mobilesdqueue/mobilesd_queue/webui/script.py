"""The script through which Forge gives the accordion its place among the other scripts'."""

from __future__ import annotations

from typing import Any

from modules import scripts

from mobilesd_queue.webui import callbacks


class QueueScript(scripts.Script):
    """Draws the accordion and takes no part in a generation.

    `ui` gives back no component: so no argument of another script moves, neither on the page nor
    through the API.
    """

    create_group = False

    def title(self) -> str:
        return "MobileSD Queue"

    def show(self, is_img2img: bool) -> Any:
        return scripts.AlwaysVisible

    def ui(self, is_img2img: bool) -> list[Any]:
        callbacks.build_accordion("img2img" if is_img2img else "txt2img")
        return []
