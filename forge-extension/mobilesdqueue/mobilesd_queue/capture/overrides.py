"""What Forge takes from its options: the host's state, under the screen's override settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .limits import FORGE_NAME_CHARS_MAX, MODULES_MAX
from .options import CHECKPOINT, CLIP_SKIP, FIELD_OPTIONS, MODULES, READ_OPTIONS, SETTINGS
from .reading import Reader
from .screen import Screen

# Their "eta" is another option than the other samplers' (modules/sd_samplers_timesteps.py).
TIMESTEP_SAMPLERS = frozenset(("DDIM", "DDIM CFG++", "PLMS", "UniPC"))
_SAME_NAMED = ("s_churn", "s_tmin", "s_tmax", "s_noise", "s_min_uncond")


def file_name(path: str) -> str:
    """The last part of a path of either system, which is how another box knows a file."""
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def options_of(screen: Screen) -> dict[str, Any]:
    """The options of this picture that may not be Forge's own: override settings win."""
    host = {name: value for name, value in screen.host.options.items() if value is not None}
    known = {name: host[name] for name in READ_OPTIONS if name in host}
    return {**known, **screen.override_settings}


def _refuse_unknown(read: Reader, names: Iterable[str]) -> None:
    for name in names:
        if name not in READ_OPTIONS and name not in (CHECKPOINT, MODULES, CLIP_SKIP):
            read.refuse(
                f'"{name}" cannot be queued as an override setting: '
                'remove it from "Override settings".'
            )


def _modules_of(read: Reader, screen: Screen) -> list[str]:
    given = screen.override_settings.get(MODULES, screen.host.modules)
    label = "VAE / Text Encoder"
    if not isinstance(given, (list, tuple)) or not all(isinstance(one, str) for one in given):
        read.refuse(f"{label} is not a list of files: choose them anew.")
        return []
    return read.names(label, [file_name(one) for one in given], MODULES_MAX)


def _checkpoint_of(read: Reader, screen: Screen) -> str:
    given = screen.override_settings.get(CHECKPOINT, screen.host.checkpoint)
    if given in (None, "", "None"):
        read.refuse("No checkpoint is chosen: choose one at the top of the page.")
        return "?"
    return read.text("Checkpoint", given, FORGE_NAME_CHARS_MAX)


def model_fields(read: Reader, screen: Screen) -> dict[str, Any]:
    """Checkpoint, modules and clip skip, from the override settings or else from Forge's state."""
    _refuse_unknown(read, screen.override_settings)
    clip_skip = screen.override_settings.get(CLIP_SKIP, screen.host.clip_skip)
    return {
        "checkpoint_name": _checkpoint_of(read, screen),
        "modules": _modules_of(read, screen),
        "clip_skip": read.whole("Clip skip", clip_skip, 1, 12),
    }


def _eta_of(read: Reader, options: dict[str, Any], samplers: Iterable[str]) -> float | None:
    names = {
        "eta_ddim" if sampler in TIMESTEP_SAMPLERS else "eta_ancestral" for sampler in samplers
    }
    found = [name for name in ("eta_ancestral", "eta_ddim") if name in names and name in options]
    if len(names) > 1 and found:
        labels = " and ".join(FIELD_OPTIONS[name].label for name in sorted(names))
        read.refuse(
            f"{labels} differ for the two samplers, and a job has one for both: "
            "set Forge's settings back, or choose samplers of one kind."
        )
        return None
    return read.option(FIELD_OPTIONS[found[0]], options[found[0]]) if found else None


def option_fields(read: Reader, options: dict[str, Any], samplers: Iterable[str]) -> dict[str, Any]:
    """The fields of a job that Forge's page takes from options, and its `settings`.

    `samplers` are those that take part, hires fix's own among them.
    """
    fields: dict[str, Any] = {
        "tiling": read.option(FIELD_OPTIONS["tiling"], options.get("tiling", False)),
        "restore_faces": read.option(
            FIELD_OPTIONS["face_restoration"], options.get("face_restoration", False)
        ),
    }
    eta = _eta_of(read, options, samplers)
    if eta is not None:
        fields["eta"] = eta
    for name in _SAME_NAMED:
        if name in options:
            fields[name] = read.option(FIELD_OPTIONS[name], options[name])
    settings = {
        name: read.option(option, options[name])
        for name, option in SETTINGS.items()
        if name in options
    }
    return {**fields, "settings": settings} if settings else fields
