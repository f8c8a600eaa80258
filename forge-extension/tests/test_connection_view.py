"""What the widget says of a connection."""

import pytest

from mobilesd_queue.webui.connection_view import connection_words

STATE = {
    "connected": True,
    "url": "http://queue.lan:3000",
    "key_start": "msk_abcd",
    "error": None,
    "is_from_environment": False,
}
FROM_ENVIRONMENT = "This Forge takes its key from its environment (MOBILESD_API_SECRET)."


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Connected to http://queue.lan:3000 (key msk_abcd)."),
        ({"connected": None}, "Set up for http://queue.lan:3000 (key msk_abcd)."),
        (
            {"connected": False, "error": "Nothing answers there."},
            "No answer from http://queue.lan:3000 (key msk_abcd). Nothing answers there.",
        ),
        ({"connected": False, "key_start": "", "error": "Connect first."}, "Connect first."),
        ({"connected": False, "key_start": ""}, "Not connected."),
        (
            {"is_from_environment": True},
            f"Connected to http://queue.lan:3000 (key msk_abcd). {FROM_ENVIRONMENT}",
        ),
        (
            {"is_from_environment": True, "key_start": "", "error": "Set MOBILESD_URL too."},
            f"Set MOBILESD_URL too. {FROM_ENVIRONMENT}",
        ),
    ],
)
def test_a_connection_says_where_it_goes_and_who_set_it(changes, words):
    assert connection_words(STATE | changes) == words
