from __future__ import annotations

import hashlib
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mobilesd_queue.errors import QueueError
from mobilesd_queue.outbox.entry import Item
from mobilesd_queue.outbox.lock import FileLock
from mobilesd_queue.outbox.store import OutboxStore, Unreadable
from support.entries import PNG, SHA, entry_of
from support.waiting import wait_until

PACKAGE = Path(__file__).parents[1] / "mobilesdqueue"


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
            "from mobilesd_queue.outbox.lock import FileLock\n"
            "lock = FileLock(Path(sys.argv[2])); print(lock.acquire(), flush=True)\n"
            "time.sleep(60)",
            str(PACKAGE),
            str(path),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "True\n"
    lock = FileLock(path)
    assert not lock.acquire()
    holder.kill()
    holder.wait()
    assert wait_until(lock.acquire)
    assert not FileLock(path).acquire()
    lock.release()
    assert FileLock(path).acquire()


def test_removing_an_empty_outbox_never_takes_a_job_that_was_saved_meanwhile(store, monkeypatch):
    store.add(entry_of(), {SHA: PNG})
    # The other process renamed its entry in just after this one had looked.
    monkeypatch.setattr(store, "_names", list)
    store.remove_if_empty()
    assert OutboxStore(store.folder).entries() == [entry_of()]


def test_a_job_is_saved_also_while_the_emptied_outbox_is_removed(store):
    done = threading.Event()

    def remove():
        other = OutboxStore(store.folder)
        while not done.wait(0.0005):
            other.remove_if_empty()

    remover = threading.Thread(target=remove)
    remover.start()
    try:
        for number in range(1, 101):
            store.add(entry_of(number, pictures=()), {})
            assert store.discard(entry_of(number).id)
    finally:
        done.set()
        remover.join()


def test_what_one_process_sends_another_cannot_discard(store):
    store.add(entry_of(), {SHA: PNG})
    other = OutboxStore(store.folder)
    with store.taken(entry_of().id) as entry:
        assert entry == entry_of()
        with pytest.raises(QueueError, match="being sent") as refused:
            other.discard(entry.id)
        assert refused.value.code == "being_sent"
    assert other.discard(entry_of().id)
    with store.taken(entry_of().id) as entry:
        assert entry is None
    store.remove_if_empty()
    assert not store.folder.exists()
