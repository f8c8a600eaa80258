from __future__ import annotations

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mobilesd_queue.errors import QueueError
from mobilesd_queue.outbox.entry import (
    TRIED_AGE_MAX_S,
    Entry,
    Item,
    body_with_uploads,
    standing_of,
)
from mobilesd_queue.outbox.lock import FolderLock
from mobilesd_queue.outbox.store import OutboxStore, Unreadable
from support.waiting import wait_until

PACKAGE = Path(__file__).parents[1] / "mobilesdqueue"
PNG = b"\x89PNG a picture"
SHA = hashlib.sha256(PNG).hexdigest()


def entry_of(number=1, **changes):
    usual = {
        "id": f"{number:013d}-00000000",
        "created_at": "2026-11-26T01:00:00Z",
        "url": "http://attic:3000",
        "key_start": "msk_1234…",
        "body": {
            "generation_params": {
                "positive_prompt": "a lighthouse",
                "img2img": {"init_image": {"mobilesd_picture": SHA}},
            }
        },
        "items": (Item("forge-click-0", None),),
        "pictures": (SHA,),
        "uploads": {},
    }
    return Entry(**{**usual, **changes})


@pytest.fixture
def store(tmp_path):
    return OutboxStore(tmp_path / "forge-1" / "outbox")


def test_what_is_kept_is_what_comes_back_oldest_first(store):
    store.add(entry_of(2), {SHA: PNG})
    store.add(entry_of(1, refusal="No.", items=(Item("k", 7, 99.5),)), {SHA: PNG})
    assert OutboxStore(store.folder).entries() == [
        entry_of(1, refusal="No.", items=(Item("k", 7, 99.5),)),
        entry_of(2),
    ]
    assert store.picture(entry_of(1).id, SHA) == PNG


def test_nobody_else_may_read_saved_jobs(store):
    store.add(entry_of(), {SHA: PNG})
    for path in [store.folder.parent, store.folder, *store.folder.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_change_is_seen_by_who_read_it_before(store):
    store.add(entry_of(), {SHA: PNG})
    assert store.entries() == [entry_of()]
    store.update(entry_of(uploads={SHA: "upl_1"}))
    assert store.entries() == [entry_of(uploads={SHA: "upl_1"})]


def test_a_full_outbox_says_so(tmp_path):
    few = OutboxStore(tmp_path / "few", entries_max=1)
    few.add(entry_of(1), {SHA: PNG})
    with pytest.raises(QueueError, match="1 jobs are saved") as refused:
        few.add(entry_of(2), {SHA: PNG})
    assert refused.value.code == "outbox_full"
    small = OutboxStore(tmp_path / "small", bytes_max=1_000)
    with pytest.raises(QueueError, match="saved jobs take"):
        small.add(entry_of(1), {SHA: b"x" * 1_001})
    assert small.entries() == []


def test_a_full_disk_says_so_and_leaves_nothing(store, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(QueueError, match="No space left"):
        store.add(entry_of(), {SHA: PNG})
    assert list(store.folder.iterdir()) == []


def test_a_damaged_entry_is_shown_and_can_be_discarded(store):
    store.add(entry_of(1), {SHA: PNG})
    (store.folder / entry_of(1).id / "job.json").write_text("{")
    (store.folder / entry_of(2).id).mkdir()
    assert store.entries() == [
        Unreadable(entry_of(1).id, "1970-01-01T00:00:00Z"),
        Unreadable(entry_of(2).id, "1970-01-01T00:00:00Z"),
    ]
    assert store.remove(entry_of(1).id)
    assert store.remove(entry_of(2).id)
    assert store.entries() == []


@pytest.mark.parametrize("name", ["..", "../credentials.json", "/etc", "", ".lock"])
def test_only_entries_can_be_discarded(store, name):
    store.add(entry_of(), {SHA: PNG})
    assert not store.remove(name)


WRITER = """
import sys, hashlib, os
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from mobilesd_queue.outbox.entry import Entry, Item
from mobilesd_queue.outbox.store import OutboxStore
from dataclasses import replace
store = OutboxStore(Path(sys.argv[2]), entries_max=10**6)
number = int(sys.argv[3])
print("ready", flush=True)
while True:
    number += 1
    png = os.urandom(300_000)
    sha = hashlib.sha256(png).hexdigest()
    items = tuple(Item(f"key-{i}", i) for i in range(50))
    entry = Entry(f"{number:013d}-00000000", "2026-11-26T01:00:00Z", "http://attic", "msk", {},
                  items, (sha,), {})
    store.add(entry, {sha: png})
    print("added", number, flush=True)
    for at in range(3):
        entry = entry.tried(entry.items[0], 1.0).without(entry.items[0])
        entry = replace(entry, items=entry.items[1:] or entry.items)
        store.update(entry)
"""


def test_a_process_killed_at_any_moment_leaves_whole_entries_and_none_that_it_kept_is_lost(store):
    kept = 0
    for round_ in range(8):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(PACKAGE), str(store.folder), str(round_ * 1_000)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout.readline() == "ready\n"
        lines = []
        for _ in range(2 + round_):
            lines.append(writer.stdout.readline())
        time.sleep(round_ * 0.0013)  # not a wait: the kill shall fall into another moment each time
        writer.send_signal(signal.SIGKILL)
        rest, _ = writer.communicate()
        kept += sum(line.startswith("added") for line in [*lines, *rest.splitlines()])
    entries = OutboxStore(store.folder).entries()
    assert len(entries) >= kept
    assert not any(isinstance(entry, Unreadable) for entry in entries)
    for entry in entries:
        (sha,) = entry.pictures
        assert hashlib.sha256(store.picture(entry.id, sha)).hexdigest() == sha


def test_what_a_dead_process_had_begun_is_swept_away_later(store):
    store.add(entry_of(), {SHA: PNG})
    old, fresh = (store.folder / f".draft-{name}" for name in ("old", "fresh"))
    for draft in (old, fresh):
        draft.mkdir()
    os.utime(old, (1, 1))
    store.sweep()
    assert not old.exists()
    assert fresh.exists()
    assert store.entries() == [entry_of()]


def test_one_process_sends_and_the_next_takes_over_when_it_is_killed(tmp_path):
    path = tmp_path / ".lock"
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; sys.path.insert(0, sys.argv[1])\n"
            "from pathlib import Path\n"
            "from mobilesd_queue.outbox.lock import FolderLock\n"
            "lock = FolderLock(Path(sys.argv[2])); print(lock.acquire(), flush=True)\n"
            "time.sleep(60)",
            str(PACKAGE),
            str(path),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "True\n"
    lock = FolderLock(path)
    assert not lock.acquire()
    holder.kill()
    holder.wait()
    assert wait_until(lock.acquire)
    assert not FolderLock(path).acquire()
    lock.release()
    assert FolderLock(path).acquire()


def standing(entry, *, url="http://attic:3000", key_start="msk_1234…", now_s=1_000.0):
    return standing_of(entry, url=url, key_start=key_start, now_s=now_s)[0]


TRIED = (Item("k", None, tried_at=0.0),)


def test_a_saved_job_goes_by_itself_only_while_it_surely_makes_no_second_one():
    assert standing(entry_of()) == "waiting"
    assert standing(entry_of(items=TRIED)) == "waiting"
    assert standing(entry_of(items=TRIED), now_s=TRIED_AGE_MAX_S + 1) == "asks"
    assert standing(entry_of(), now_s=TRIED_AGE_MAX_S * 9) == "waiting"
    assert standing(entry_of(), key_start="msk_other…") == "waiting"
    assert standing(entry_of(items=TRIED), key_start="msk_other…") == "asks"
    assert standing(entry_of(), url="http://other") == "asks"
    assert standing(entry_of(refusal="No.")) == "refused"


def test_what_was_asked_about_goes_when_it_is_allowed():
    assert standing(replace(entry_of(items=TRIED), is_allowed=True), url="http://o") == "waiting"


def test_uploads_stand_where_their_pictures_were():
    entry = entry_of(uploads={SHA: "upl_1"})
    assert body_with_uploads(entry)["generation_params"]["img2img"] == {
        "init_image": {"upload_id": "upl_1"}
    }
    assert json.loads(json.dumps(entry.to_json()))["pictures"] == [SHA]
