"""Pictures on their way from the page to an upload."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .limits import UPLOAD_BYTES_MAX
from .png import encode_png

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture that is uploaded before its job. `role` names it: "init image"."""

    image: Image
    role: str
    _packed: list[bytes] = field(default_factory=list, init=False, repr=False)

    def size_bytes(self) -> int:
        """How large its PNG is. The PNG is kept for the next `png()`, as packing takes a while."""
        if not self._packed:
            self._packed.append(self._pack())
        return len(self._packed[0])

    def png(self) -> bytes:
        """The pixels as PNG, without loss, text, profile or orientation of the source.

        Whoever takes it has it alone: nothing of it is kept here.
        """
        return self._packed.pop() if self._packed else self._pack()

    def _pack(self) -> bytes:
        # The small way takes longer.
        png = encode_png(self.image)
        return png if len(png) <= UPLOAD_BYTES_MAX else encode_png(self.image, small=True)


def replace_pictures(tree: Any, fn: Callable[[Picture], Any]) -> Any:
    """A copy of nested dicts and lists where each picture is what `fn` makes of it."""
    if isinstance(tree, Picture):
        return fn(tree)
    if isinstance(tree, dict):
        return {key: replace_pictures(value, fn) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [replace_pictures(value, fn) for value in tree]
    return tree


def pictures_in(tree: Any) -> list[Picture]:
    """Every picture in nested dicts and lists, in order; one that stands twice is named twice."""
    found: list[Picture] = []
    replace_pictures(tree, found.append)
    return found
