"""What the outbox does where something is wrong, and what its owner is asked."""

from __future__ import annotations

import pytest

from mobilesd_queue.outbox.entry import Item, agreed
from mobilesd_queue.outbox.store import OutboxStore
from support.answering_server import AnsweringServer, dropped
from support.entries import SHA
from support.outbox_of import KEY_START, Outbox
from support.waiting import wait_until

DAY_S = 86_400.0


@pytest.fixture
def server():
    with AnsweringServer() as running:
        yield running


@pytest.fixture
def outbox(tmp_path, server):
    made = Outbox(tmp_path / "forge-1", server.url)
    yield made
    made.stop()


def allow(outbox, now_s):
    """What "Send now" does."""
    with outbox.store.taken(outbox.only().id) as entry:
        changed = agreed(entry, url=outbox.url, key_start=KEY_START, now_s=now_s)
        outbox.store.update(changed)


@pytest.fixture
def away(tmp_path):
    """An outbox whose queue is away, and its port."""
    with AnsweringServer() as first:
        port = first.port
    made = Outbox(tmp_path / "forge-away", f"http://127.0.0.1:{port}")
    yield made, port
    made.stop()


def round_of(outbox):
    """A sender after its first vain round."""
    sender = outbox.start(idle_look_s=20.0, wait_base_s=20.0)
    wait_until(lambda: sender.problem)
    return sender


def test_send_now_while_the_queue_is_away_makes_no_second_job_days_later(away):
    outbox, port = away
    start_s = outbox.now_s
    outbox.save(with_picture=False, items=(Item("forge-1-0", None, tried_at=start_s),))
    outbox.now_s = start_s + 5 * DAY_S
    allow(outbox, outbox.now_s)
    sender = round_of(outbox)
    assert outbox.only().items[0].tried_at == start_s
    outbox.now_s = start_s + 10 * DAY_S
    with AnsweringServer(port) as back:
        outbox.save(2, with_picture=False)
        sender.wake()
        wait_until(lambda: back.jobs)
        wait_until(lambda: sender.problem is None)
        assert list(back.jobs) == ["forge-2-0"]


def test_what_was_allowed_while_the_queue_is_away_goes_when_it_is_back_and_is_used_up(away):
    outbox, port = away
    start_s = outbox.now_s
    outbox.save(with_picture=False, items=(Item("forge-1-0", None, tried_at=start_s),))
    outbox.now_s = start_s + 7 * DAY_S
    allow(outbox, outbox.now_s)
    sender = round_of(outbox)
    outbox.now_s = start_s + 10 * DAY_S
    with AnsweringServer(port) as back:
        back.script("/api/v2/generate", dropped)
        sender.wake()
        wait_until(lambda: back.submits)
        wait_until(lambda: outbox.only().items[0].tried_at == outbox.now_s)
        assert outbox.only().allowed is None
        wait_until(lambda: sender.problem and "broke" in sender.problem)
        sender.wake()
        wait_until(lambda: outbox.is_empty)
        assert len(back.jobs) == 1


def test_whatever_goes_wrong_the_outbox_lives_on_and_says_so_without_repeating_it(
    server, outbox, caplog
):
    working = outbox.client
    broken = [ValueError("Invalid header value b'mss_secret'")] * 3

    def client():
        if broken:
            raise broken.pop()
        return working()

    outbox.client = client
    outbox.save()
    sender = outbox.start(wait_base_s=0.3)
    assert "something broke in the extension (ValueError)" in wait_until(lambda: sender.problem)
    wait_until(lambda: outbox.is_empty)
    assert list(server.jobs) == ["forge-1-0"]
    assert "mss_secret" not in caplog.text


def test_a_job_whose_picture_is_missing_says_so_and_is_not_tried_for_ever(server, outbox):
    entry = outbox.save(1)
    outbox.save(2)
    (outbox.store.folder / entry.id / f"{SHA}.png").unlink()
    outbox.start()
    wait_until(lambda: len(outbox.store.entries()) == 1 and outbox.only().refusal)
    assert outbox.only().refusal == (
        "A picture of this job is missing here: discard it and queue it again."
    )
    assert list(server.jobs) == ["forge-2-0"]


def test_jobs_at_which_the_queue_breaks_do_not_bar_those_behind_them(server, outbox):
    for number in range(1, 7):
        outbox.save(number, with_picture=False)
    server.breaks_at = {f"forge-{number}-0" for number in range(1, 6)}
    sender = outbox.start()
    wait_until(lambda: server.jobs)
    assert list(server.jobs) == ["forge-6-0"]
    wait_until(lambda: len(outbox.store.entries()) == 5)
    wait_until(lambda: sender.problem and "(500)" in sender.problem)


def test_a_job_that_cannot_be_changed_on_disk_does_not_bar_those_behind_it(
    server, outbox, monkeypatch
):
    locked = outbox.save(1, with_picture=False)
    outbox.save(2, with_picture=False)
    update = outbox.store.update

    def refuse(entry):
        if entry.id == locked.id:
            raise PermissionError(13, "Permission denied")
        update(entry)

    monkeypatch.setattr(outbox.store, "update", refuse)
    sender = outbox.start()
    wait_until(lambda: server.jobs)
    assert list(server.jobs) == ["forge-2-0"]
    wait_until(lambda: sender.problem and "Permission denied" in sender.problem)


def test_a_forge_with_nothing_that_it_may_send_bars_no_other_of_the_same_folder(
    server, outbox, tmp_path
):
    outbox.save(with_picture=False)
    other = Outbox(tmp_path / "forge-1", "http://127.0.0.1:9")
    other.start()
    wait_until(lambda: other.store._read)
    outbox.start()
    wait_until(lambda: outbox.is_empty)
    assert len(server.jobs) == 1
    other.stop()


def test_a_job_that_another_process_is_sending_is_left_to_it_and_shown_so(server, outbox):
    entry = outbox.save(1, with_picture=False)
    outbox.save(2, with_picture=False)
    with OutboxStore(outbox.store.folder).taken(entry.id):
        sender = outbox.start()
        wait_until(lambda: sender.problem == "Another Forge is sending it.")
        wait_until(lambda: server.jobs)
        assert list(server.jobs) == ["forge-2-0"]
    wait_until(lambda: outbox.is_empty)
    assert len(server.jobs) == 2
