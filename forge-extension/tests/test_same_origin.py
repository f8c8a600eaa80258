"""Only the page that this Forge served may call the extension's routes."""

import pytest

from mobilesd_queue.webui.same_origin import Forbidden, is_home_name, require_same_origin

HOST = "192.168.1.5:7860"
PAGE = {"host": HOST, "x-mobilesd": "1"}
PROXIED = {"origin": "http://forge.lan", "x-mobilesd": "1"}
STRANGE = {"host": "forge.example.com", "x-mobilesd": "1"}


def allows(headers, *, is_picture=False, has_login=False):
    try:
        require_same_origin(headers, is_picture=is_picture, has_login=has_login)
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize(
    ("headers", "is_allowed"),
    [
        (PAGE, True),
        ({"host": HOST}, False),
        (PAGE | {"origin": f"http://{HOST}"}, True),
        (PAGE | {"origin": "http://evil.example"}, False),
        (PAGE | {"origin": "http://192.168.1.5:9000"}, False),
        (PAGE | {"origin": "http://192.168.1.5"}, False),
        # A proxy may name the port that a browser leaves out, and the other way round.
        (PROXIED | {"host": "forge.lan:80"}, True),
        (PROXIED | {"host": "FORGE.lan"}, True),
        (PROXIED | {"host": "forge.lan:443"}, False),
        (PROXIED | {"host": "forge.lan:443", "origin": "https://forge.lan"}, True),
        (PROXIED | {"host": "forge.lan:80", "origin": "http://forge.lan:x"}, False),
        (PROXIED | {"host": "127.0.0.1:7860"}, False),
        # What a proxy says of the page is believed of no one: any page could say it.
        (PROXIED | {"host": "127.0.0.1:7860", "x-forwarded-host": "forge.lan"}, False),
        (PAGE | {"origin": "null"}, False),
        (PAGE | {"sec-fetch-site": "same-origin"}, True),
        (PAGE | {"sec-fetch-site": "same-site"}, False),
        (PAGE | {"sec-fetch-site": "cross-site"}, False),
        (PAGE | {"sec-fetch-site": "none"}, False),
        # A proxy that speaks https hands on a Host of its own; the browser vouches for the page.
        (STRANGE | {"sec-fetch-site": "same-origin", "origin": "https://else.example"}, True),
    ],
)
def test_a_call_is_taken_from_the_own_page_alone(headers, is_allowed):
    assert allows(headers) is is_allowed


@pytest.mark.parametrize(
    ("headers", "is_allowed"),
    [
        ({"host": HOST}, True),
        ({"host": HOST, "sec-fetch-site": "same-origin"}, True),
        ({"host": HOST, "sec-fetch-site": "none"}, True),
        ({"host": HOST, "sec-fetch-site": "same-site"}, False),
        ({"host": HOST, "sec-fetch-site": "cross-site"}, False),
        ({"host": HOST, "origin": "http://evil.example"}, False),
    ],
)
def test_a_picture_is_shown_without_the_header_but_not_in_another_page(headers, is_allowed):
    assert allows(headers, is_picture=True) is is_allowed


def test_a_name_that_a_stranger_may_point_at_this_machine_is_refused_without_a_login():
    assert not allows(STRANGE)
    assert allows(STRANGE, has_login=True)


def test_behind_a_proxy_that_keeps_the_name_back_the_refusal_says_what_to_do():
    with pytest.raises(Forbidden, match="pass the Host header on"):
        require_same_origin(PROXIED | {"host": HOST}, is_picture=False, has_login=False)


@pytest.mark.parametrize(
    "host",
    [
        "localhost:7860",
        "127.0.0.1",
        "[::1]:7860",
        "gpubox:7860",
        "gpubox.local",
        "a.b.ts.net",
        "LOCALHOST",
        "gpubox.home.arpa.",
    ],
)
def test_names_at_home_are_known(host):
    assert is_home_name(host)


@pytest.mark.parametrize(
    "host", ["", "evil.example", "local.evil.example", "127.0.0.1.nip.io", "["]
)
def test_names_of_the_open_net_are_not_taken_for_home(host):
    assert not is_home_name(host)
