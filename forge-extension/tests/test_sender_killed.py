"""What a sender leaves that dies in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.answering_server import AnsweringServer
from support.outbox_of import Outbox
from support.waiting import wait_until

PACKAGE = Path(__file__).parents[1] / "mobilesdqueue"


@pytest.fixture
def server():
    with AnsweringServer() as running:
        yield running


SENDER = """
import sys, time
sys.path[:0] = sys.argv[1:3]
from pathlib import Path
from support.outbox_of import Outbox
Outbox(Path(sys.argv[3]), sys.argv[4]).start()
time.sleep(60)
"""


@pytest.mark.parametrize("moment", range(6))
def test_a_sender_killed_at_any_moment_makes_no_second_job(tmp_path, server, moment):
    outbox = Outbox(tmp_path / "forge-1", server.url)
    for number in range(1, 6):
        outbox.save(number)
    paths = [str(PACKAGE), str(Path(__file__).parent), str(tmp_path / "forge-1"), server.url]
    process = subprocess.Popen([sys.executable, "-c", SENDER, *paths])
    path = "/api/v2/generate" if moment % 2 else "/api/v2/uploads"
    wait_until(lambda: len(server.sent_to(path)) > moment // 2, timeout_s=20)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    outbox.start()
    wait_until(lambda: outbox.is_empty)
    outbox.stop()
    assert sorted(server.jobs) == [f"forge-{number}-0" for number in range(1, 6)]
