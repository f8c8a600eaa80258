"""Pictures handed over side by side, each once."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor

from ..errors import QueueError, Unreachable
from .limits import UPLOAD_THREADS_MAX


class Uploads:
    """Packs and uploads pictures. What equals another one, byte by byte, is sent once.

    Afterwards `sha256_of` names the bytes of each picture, `png_of` has them and `id_of` the
    uploads by sha256; after an error `id_of` holds those that were made.
    """

    def __init__(self, upload: Callable[[bytes], str]) -> None:
        self._upload = upload
        self._lock = threading.Lock()
        self._failure: QueueError | None = None
        self.sha256_of: dict[Hashable, str] = {}
        self.png_of: dict[str, bytes] = {}
        self.id_of: dict[str, str] = {}

    def hand_over(self, pictures: Mapping[Hashable, Callable[[], bytes]]) -> None:
        """Does all of it. Every picture is packed, whether or not the queue can be reached."""
        if not pictures:
            return
        with ThreadPoolExecutor(min(len(pictures), UPLOAD_THREADS_MAX), "mobilesd-upload") as pool:
            for future in [pool.submit(self._one, *each) for each in pictures.items()]:
                future.result()
        failure, self._failure = self._failure, None
        if failure:
            try:
                raise failure
            finally:
                # A traceback that holds its own error would keep the pictures in memory.
                del failure

    def _one(self, name: Hashable, pack: Callable[[], bytes]) -> None:
        png = pack()
        sha256 = hashlib.sha256(png).hexdigest()
        with self._lock:
            self.sha256_of[name] = sha256
            is_known = sha256 in self.png_of
            self.png_of.setdefault(sha256, png)
            if is_known or self._failure:
                return
        try:
            upload_id = self._upload(png)
        except QueueError as error:
            with self._lock:
                # What cannot be mended by waiting is the one to tell.
                if self._failure is None or isinstance(self._failure, Unreachable):
                    self._failure = error
            return
        with self._lock:
            self.id_of[sha256] = upload_id
