from __future__ import annotations

import pytest

from mobilesd_queue.connection.pairing import PairingText, read_pairing_text
from mobilesd_queue.errors import QueueError

CODE = "7K3M-Q2XW-9RTD"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (f"http://192.168.1.20:3000/#pair={CODE}", "http://192.168.1.20:3000"),
        (f"  Sign in   http://localhost:3000/#pair={CODE}\n", "http://localhost:3000"),
        (f"https://queue.example.com/#pair={CODE.lower()}", "https://queue.example.com"),
        (f"https://queue.example.com/pair#{CODE}", "https://queue.example.com"),
        ("http://[::1]:3000/#pair=7K3MQ2XW9RTD", "http://[::1]:3000"),
        (CODE, None),
        (" 7k3m q2xw 9rtd ", None),
        ("7K3MQ2XW9RTD", None),
        ("7K3M–Q2XW—9RTD", None),  # noqa: RUF001 -- dashes that a phone's keyboard makes
    ],
)
def test_links_and_codes_are_read_however_they_are_pasted(text, url):
    assert read_pairing_text(text) == PairingText(CODE, url)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Paste the link or the code"),
        ("hello", "neither a link nor a code"),
        ("http://192.168.1.20:3000/", "no code in it"),
        ("http://192.168.1.20:3000/#settings", "no code in it"),
        ("http://192.168.1.20:3000/#pair=", "no code in it"),
        ("7K3M-Q2XW-9RT0", "none of the characters 0, 1, I"),
        ("7K3M-Q2XW-9RT", "neither a link nor a code"),
        ("http://anna:pw@host/#pair=7K3M-Q2XW-9RTD", "not the address of a queue"),
        ("msk_abcdefghijklmnop", "key or a secret"),
        ("mss_abcdefghijklmnop", "key or a secret"),
    ],
)
def test_what_is_neither_is_told_apart(text, sentence):
    with pytest.raises(QueueError, match=sentence) as refused:
        read_pairing_text(text)
    assert "abcdefgh" not in str(refused.value)
