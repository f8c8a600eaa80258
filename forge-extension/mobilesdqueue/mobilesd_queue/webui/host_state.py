"""What Forge takes from its options at a click: checkpoint, modules, clip skip, picture options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modules import sd_models, shared

from mobilesd_queue.capture.left_behind import REFUSED
from mobilesd_queue.capture.options import ALWAYS_SENT, READ_OPTIONS
from mobilesd_queue.capture.screen import HostState


def read_host_state() -> HostState:
    """The state of this moment. It loads no model, and reads no option that no capture looks at."""
    opts = shared.opts
    return HostState(
        checkpoint=_checkpoint(getattr(opts, "sd_model_checkpoint", None)),
        modules=tuple(Path(path).name for path in getattr(opts, "forge_additional_modules", ())),
        clip_skip=int(getattr(opts, "CLIP_stop_at_last_layers", 1)),
        options=_options(opts),
    )


def _checkpoint(chosen: str | None) -> str | None:
    """Forge's own name for the choice, with folder and extension; the choice can be any alias."""
    info = sd_models.get_closet_checkpoint_match(chosen)
    return None if info is None else info.name


def _options(opts: Any) -> dict[str, Any]:
    """Those that a capture looks at; one that this Forge does not have is left out."""
    known = (name for name in (*READ_OPTIONS, *REFUSED) if name in opts.data_labels)
    return {
        name: getattr(opts, name)
        for name in known
        if name in ALWAYS_SENT or getattr(opts, name) != opts.data_labels[name].default
    }
