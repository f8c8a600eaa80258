"""Where the secret and the outbox of one Forge folder live: outside of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from .errors import QueueError


def private_folder(data_path: Path, *, environ: Mapping[str, str], platform: str) -> Path:
    """The folder of the Forge whose data lies at `data_path`; it need not exist yet.

    `platform` is `sys.platform`. Raises `QueueError` when it would lie where Forge's page
    serves files from (gradio's allowed paths hold Forge's data path).
    """
    config = _config_folder(environ, platform)
    if config is None:
        raise QueueError(
            "There is no folder for MobileSD's secret: set HOME or XDG_CONFIG_HOME, and start "
            "Forge again.",
            code="no_folder",
        )
    name = hashlib.sha256(str(data_path.resolve()).encode()).hexdigest()[:8]
    folder = config / "mobilesd" / f"forge-{name}"
    if folder.resolve().is_relative_to(data_path.resolve()):
        raise QueueError(
            "MobileSD's secret would lie in Forge's own folder, whose files Forge's page serves. "
            "Set XDG_CONFIG_HOME to a folder elsewhere, and start Forge again.",
            code="unsafe_folder",
        )
    return folder


def _config_folder(environ: Mapping[str, str], platform: str) -> Path | None:
    if platform == "win32":
        return Path(environ["APPDATA"]) if environ.get("APPDATA") else None
    configured = environ.get("XDG_CONFIG_HOME", "")
    # The XDG specification has relative paths ignored.
    if configured.startswith("/"):
        return Path(configured)
    home = environ.get("HOME") or environ.get("USERPROFILE")
    return Path(home) / ".config" if home else None
