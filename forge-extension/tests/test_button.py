"""The button beside Generate where its tab cannot be queued."""

from types import SimpleNamespace

from mobilesd_queue.webui.button import switch_off
from mobilesd_queue.webui.page_parts import AccordionParts, TabParts

REASON = "txt2img cannot be queued: <b>no</b> width."


def component():
    return SimpleNamespace(interactive=True, webui_tooltip="", value="asked yet?")


def test_a_tab_that_cannot_be_queued_has_no_button_that_does_nothing_and_says_why():
    accordion = AccordionParts(*(component() for _ in range(8)))
    parts = TabParts("txt2img", button=component(), status=component(), accordion=accordion)
    switch_off(parts, REASON)
    for button in (parts.button, accordion.button, accordion.refresh):
        assert (button.interactive, button.webui_tooltip) == (False, REASON)
    assert "&lt;b&gt;no&lt;/b&gt; width." in parts.status.value
    assert accordion.outcome.value == parts.status.value
    assert accordion.connection.value == ""


def test_a_tab_whose_parts_are_missing_is_no_trouble():
    switch_off(TabParts("img2img"), REASON)
