from __future__ import annotations

import pytest

from mobilesd_queue.cloud.address import is_in_the_clear, is_private, origin_of
from mobilesd_queue.errors import QueueError


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://queue.example.com", "https://queue.example.com"),
        (" HTTPS://Queue.Example.com:443/some/page?x#y ", "https://queue.example.com"),
        ("http://192.168.1.20:3000/", "http://192.168.1.20:3000"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[::1]:3000/x", "http://[::1]:3000"),
        ("localhost:3000", "http://localhost:3000"),
        ("192.168.1.20:3000", "http://192.168.1.20:3000"),
        ("queue.example.com", "https://queue.example.com"),
    ],
)
def test_an_address_is_read_as_people_write_it(text, origin):
    assert origin_of(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "not an address",
        "ftp://queue.example.com",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://anna:secret@queue.example.com",
        "http://queue.example.com:99999",
        "http://",
        "http://que ue",
        "http://queue\r\nX-Evil: 1",
        "http://a..b",
        "http://.example.com",
        f"http://{'a' * 64}.example.com",
        f"http://{'a.' * 130}com",
        "http://[fe80::1%25eth0]",
        "http://[::1::2]",
    ],
)
def test_what_is_no_address_is_refused_with_an_example(text):
    with pytest.raises(QueueError, match="It looks like") as refused:
        origin_of(text)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("origin", "private"),
    [
        ("http://127.0.0.1:3000", True),
        ("http://localhost", True),
        ("http://box.local", True),
        ("http://attic", True),
        ("http://10.0.0.7", True),
        ("http://100.100.1.1", True),
        ("http://[fe80::1]", True),
        ("http://8.8.8.8", False),
        ("http://queue.example.com", False),
        ("http://localhost.example.com", False),
    ],
)
def test_a_home_network_is_told_from_the_internet(origin, private):
    assert is_private(origin) is private
    assert is_in_the_clear(origin) is not private
    assert not is_in_the_clear(origin.replace("http:", "https:"))
