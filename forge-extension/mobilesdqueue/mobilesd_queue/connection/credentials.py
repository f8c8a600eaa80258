"""The key of one Forge folder, in a file that nobody else may read."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import QueueError


@dataclass(frozen=True)
class Credentials:
    """A key with its secret, and the address that the secret is for: it is sent nowhere else."""

    url: str
    key: str
    secret: str = field(repr=False)
    owner: str | None = None


class CredentialsFile:
    """`credentials.json`, 0600 in a folder of 0700; each write is whole or not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "credentials.json"

    def read(self) -> Credentials | None:
        """What is kept; None without a file. Raises `QueueError` for one that cannot be read."""
        try:
            held = json.loads(self._path.read_text("utf-8"))
            parts = [held[part] for part in ("url", "key", "secret")]
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, LookupError):
            raise QueueError(
                "The file with MobileSD's key cannot be read. Connect again in the tab MobileSD "
                "Queue.",
                code="not_connected",
            ) from None
        owner = held.get("owner")
        return Credentials(*map(str, parts), owner if isinstance(owner, str) else None)

    def write(self, credentials: Credentials) -> None:
        """Keeps them, in place of earlier ones. Raises `QueueError` when that is not possible."""
        held = {
            "url": credentials.url,
            "key": credentials.key,
            "secret": credentials.secret,
            "owner": credentials.owner,
        }
        try:
            make_private_folder(self._folder)
            write_private_file(self._path, json.dumps(held, indent=2).encode())
        except OSError as error:
            raise QueueError(
                f"MobileSD's key could not be kept on this machine ({error.strerror}).",
                code="not_kept",
            ) from error

    def forget(self) -> None:
        """Deletes the file, and folders that are empty then. Raises `QueueError` if it cannot."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise QueueError(
                f"MobileSD's key could not be removed from this machine ({error.strerror}).",
                code="not_removed",
            ) from error
        for folder in (self._folder, self._folder.parent):
            try:
                folder.rmdir()
            except OSError:  # something else lies there: it stays
                return


def make_private_folder(folder: Path) -> None:
    """Makes a folder that only its owner may enter; one that exists becomes so."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)


def write_private_file(path: Path, content: bytes) -> None:
    """Writes a file of 0600 that is there whole, on the disk, or as it was before."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)  # noqa: PTH105 -- with the names of the system call it is
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
        raise


def adopted(stored: Credentials | None, *, url: str, key: str, secret: str) -> Credentials | None:
    """What to keep when the options still hold a secret: it, unless one is kept already."""
    if not secret or stored is not None:
        return None
    return Credentials(url=url, key=key, secret=secret)
