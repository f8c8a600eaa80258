"""The outbox's folder: one folder an entry, with its pictures and `job.json`.

An entry is made under another name and renamed when all of it is on the disk; `job.json` is
replaced whole. So whatever dies when, an entry is there as it was last told to be, or not at all.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import QueueError
from .entry import Entry, entry_from_json
from .lock import FileLock

ENTRIES_MAX = 200
BYTES_MAX = 1_000_000_000
_DRAFT_PREFIX = ".draft-"
_DRAFT_AGE_MAX_S = 3_600.0
_LOCK_PREFIX = ".lock-"
_MAKE_TRIES = 20
_TAKE_TRIES = 25
_TAKE_PAUSE_S = 0.02
_NAME = re.compile(r"[0-9]{13}-[0-9a-f]{8}")


@dataclass(frozen=True)
class Unreadable:
    """An entry whose file is damaged: it can only be discarded."""

    id: str
    created_at: str


class OutboxStore:
    """Entries on disk, oldest first. Threads and processes may share one folder."""

    def __init__(
        self,
        folder: Path,
        *,
        entries_max: int = ENTRIES_MAX,
        bytes_max: int = BYTES_MAX,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self.folder = folder
        self._now_s = now_s
        self._entries_max = entries_max
        self._bytes_max = bytes_max
        self._lock = threading.Lock()
        self._read: dict[str, tuple[tuple[int, int], Entry | Unreadable]] = {}

    def add(self, entry: Entry, pictures: Mapping[str, bytes]) -> None:
        """Keeps an entry with the PNGs of its pictures by sha256. On return it outlives a crash.

        Raises `QueueError` when the outbox or the disk is full.
        """
        self._require_room(sum(map(len, pictures.values())))
        draft = self.folder / f"{_DRAFT_PREFIX}{entry.id}"
        try:
            self._make(draft)
            for sha256, png in pictures.items():
                _write_synced(draft / f"{sha256}.png", png)
            _write_synced(draft / "job.json", _to_bytes(entry))
            _sync_folder(draft)
            draft.rename(self.folder / entry.id)
            _sync_folder(self.folder)
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise QueueError(
                "The queue cannot be reached, and the job could not be saved on this machine "
                f"either ({error.strerror}).",
                code="not_saved",
            ) from error

    def entries(self) -> list[Entry | Unreadable]:
        """All of them, oldest first. Files that did not change are not read again."""
        with self._lock:
            names = self._names()
            self._read = {name: seen for name, seen in self._read.items() if name in names}
            found = [self._entry(name) for name in names]
            return [entry for entry in found if entry is not None]

    @contextlib.contextmanager
    def taken(
        self, entry_id: str, *, is_patient: bool = False
    ) -> Iterator[Entry | Unreadable | None]:
        """An entry as it is now, kept from all other threads and processes; None when it is gone.

        Raises `QueueError` (`being_sent`) while another has it; who is patient waits half a second,
        as what is no sending is over sooner.
        """
        if not _NAME.fullmatch(entry_id) or not (self.folder / entry_id).is_dir():
            yield None
            return
        lock = FileLock(self.folder / f"{_LOCK_PREFIX}{entry_id}")
        try:
            is_mine = lock.acquire()
            tries_left = _TAKE_TRIES if is_patient else 0
            while not is_mine and tries_left:
                time.sleep(_TAKE_PAUSE_S)
                is_mine = lock.acquire()
                tries_left -= 1
        except FileNotFoundError:
            yield None
            return
        if not is_mine:
            raise QueueError("This job is being sent at this moment.", code="being_sent")
        try:
            with self._lock:
                self._read.pop(entry_id, None)
                entry = self._entry(entry_id)
            yield entry
        finally:
            if (self.folder / entry_id).is_dir():
                lock.release()
            else:
                lock.remove()

    def discard(self, entry_id: str) -> bool:
        """Deletes an entry, unless it is being sent (`QueueError`); false when there is none."""
        with self.taken(entry_id, is_patient=True) as entry:
            try:
                return entry is not None and self.remove(entry_id)
            except OSError as error:
                raise QueueError(
                    f"This job could not be deleted on this machine ({error.strerror}).",
                    code="not_removed",
                ) from error

    def update(self, entry: Entry) -> None:
        """Replaces what is said of an entry; the change outlives a crash. OSError if it is gone."""
        folder = self.folder / entry.id
        draft = folder / f".job.{secrets.token_hex(4)}"
        _write_synced(draft, _to_bytes(entry))
        draft.replace(folder / "job.json")
        _sync_folder(folder)

    def picture(self, entry_id: str, sha256: str) -> bytes:
        """The PNG of a picture."""
        return (self.folder / entry_id / f"{sha256}.png").read_bytes()

    def remove(self, entry_id: str) -> bool:
        """Deletes an entry that the caller has taken; false when there is none of that name."""
        if not _NAME.fullmatch(entry_id):
            return False
        doomed = self.folder / f"{_DRAFT_PREFIX}{entry_id}-{secrets.token_hex(4)}"
        try:
            (self.folder / entry_id).rename(doomed)
        except FileNotFoundError:
            return False
        shutil.rmtree(doomed, ignore_errors=True)
        return True

    def sweep(self) -> None:
        """Removes what a process that died had begun."""
        if not self.folder.is_dir():
            return
        limit_s = self._now_s() - _DRAFT_AGE_MAX_S
        for draft in self.folder.glob(f"{_DRAFT_PREFIX}*"):
            with contextlib.suppress(FileNotFoundError):
                if draft.stat().st_mtime < limit_s:
                    shutil.rmtree(draft, ignore_errors=True)
        for lock in self.folder.glob(f"{_LOCK_PREFIX}*"):
            if not (self.folder / lock.name.removeprefix(_LOCK_PREFIX)).exists():
                with contextlib.suppress(FileNotFoundError, PermissionError):
                    lock.unlink()

    def remove_if_empty(self) -> None:
        """Removes the folder when nothing is in it; what is saved at this moment stays."""
        try:
            self.sweep()
            self.folder.rmdir()
        except OSError:  # something is in it, or it is gone
            return

    def _make(self, draft: Path) -> None:
        """Makes a draft's folder, also while another process removes the emptied outbox."""
        for tries_left in reversed(range(_MAKE_TRIES)):
            try:
                self.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self.folder.mkdir(exist_ok=True, mode=0o700)
                draft.mkdir(mode=0o700)
                return
            except (FileNotFoundError, FileExistsError):
                if not tries_left:
                    raise

    def _names(self) -> list[str]:
        try:
            return sorted(one.name for one in self.folder.iterdir() if _NAME.fullmatch(one.name))
        except FileNotFoundError:
            return []

    def _entry(self, name: str) -> Entry | Unreadable | None:
        path = self.folder / name / "job.json"
        try:
            stat = path.stat()
            # Two changes within one tick of the clock differ in their files at least.
            version = (stat.st_mtime_ns, stat.st_ino)
            seen = self._read.get(name)
            if seen and seen[0] == version:
                return seen[1]
            entry: Entry | Unreadable = entry_from_json(json.loads(path.read_bytes()))
        except FileNotFoundError:
            return None if not (self.folder / name).exists() else _unreadable(name)
        except (OSError, ValueError, TypeError, LookupError):
            return _unreadable(name)
        self._read[name] = (version, entry)
        return entry

    def _require_room(self, bytes_more: int) -> None:
        names = self._names()
        if len(names) >= self._entries_max:
            raise _full(f"{len(names)} jobs are saved")
        if sum(map(self._bytes_of, names)) + bytes_more > self._bytes_max:
            raise _full(f"saved jobs take {self._bytes_max / 1e6:.0f} MB")

    def _bytes_of(self, name: str) -> int:
        total = 0
        with contextlib.suppress(FileNotFoundError):
            for file in os.scandir(self.folder / name):
                total += file.stat().st_size
        return total


def _full(why: str) -> QueueError:
    return QueueError(
        f"The queue cannot be reached, and {why} on this machine already. Discard some in the tab "
        "MobileSD Queue, or wait until they are sent.",
        code="outbox_full",
    )


def _unreadable(name: str) -> Unreadable:
    created = time.gmtime(int(name.split("-")[0]) / 1000)
    return Unreadable(name, time.strftime("%Y-%m-%dT%H:%M:%SZ", created))


def _to_bytes(entry: Entry) -> bytes:
    return json.dumps(entry.to_json(), ensure_ascii=False).encode()


def _write_synced(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    # Windows has no such thing: there the rename itself is journaled.
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
