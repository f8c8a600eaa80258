"""A file that one holder has at a time, whatever process it is in. A process that dies lets go."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import IO


class FileLock:
    """Held by at most one object anywhere. The lock is the system's, not the file's being there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def acquire(self) -> bool:
        """Whether it is held now. Does not wait. FileNotFoundError without its folder."""
        if self._file is not None:
            return True
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        file = os.fdopen(descriptor, "r+b", buffering=0)
        try:
            _lock(file)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Lets go; harmless when not held."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def remove(self) -> None:
        """Lets go for good, when what it guards is gone: the next one gets another file."""
        if sys.platform == "win32":  # which removes no file that is open
            self.release()
        with contextlib.suppress(FileNotFoundError, PermissionError):
            self._path.unlink()
        self.release()


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
