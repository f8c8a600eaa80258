"""The extensions: the host's own first, as Forge has its built-in ones, then those given."""

import os
from dataclasses import dataclass
from pathlib import Path

from modules.paths_internal import extensions_builtin_dir
from modules.shared_cmd_options import cmd_opts


@dataclass(frozen=True)
class Extension:
    """One folder with scripts/, javascript/ and style.css."""

    name: str
    path: str
    is_builtin: bool
    enabled: bool = True

    @property
    def canonical_name(self) -> str:
        return self.name.lower().strip()


extensions: list[Extension] = []


def list_extensions() -> None:
    """Looks the extensions up anew."""
    extensions.clear()
    own = []
    if cmd_opts.broken_script:
        own.append("broken_script")
    if cmd_opts.more_scripts:
        own.append("more_scripts")
    extensions.extend(
        Extension(name, os.path.join(extensions_builtin_dir, name), True) for name in own
    )
    for folder in cmd_opts.extension:
        path = Path(folder).absolute()
        extensions.append(Extension(path.name, str(path), False))


def active() -> list[Extension]:
    """Those that are switched on."""
    return [extension for extension in extensions if extension.enabled]


def find_extension(filename: str) -> Extension | None:
    """The extension that a file belongs to."""
    path = os.path.abspath(filename)
    for extension in extensions:
        if path.startswith(extension.path + os.sep):
            return extension
    return None
