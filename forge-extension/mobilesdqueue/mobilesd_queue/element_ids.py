"""Every id and class in the page that Python and JavaScript share.

No id ends in `_generate`, `_interrupt` or `_skip`: Forge's keyboard shortcuts press the first
button of a tab whose id ends so (script.js).
"""

from __future__ import annotations

from typing import Literal

Tab = Literal["txt2img", "img2img"]
TABS: tuple[Tab, ...] = ("txt2img", "img2img")

QUEUE_TAB = "mobilesd_queue_tab"
QUEUE = "mobilesd_queue"
SEND = "mobilesd_send"
SETTINGS_SECTION = "mobilesd"

ACCORDION_BUTTON_CLASS = "mobilesd_queue_btn"
STATUS_CLASS = "mobilesd_status"
CONNECTION_CLASS = "mobilesd_connection"


def generate(tab: Tab) -> str:
    """Forge's own Generate button."""
    return f"{tab}_generate"


def queue_button(tab: Tab) -> str:
    """The button "Queue in MobileSD" beside Generate."""
    return f"{tab}_queue_mobilesd"


def box(tab: Tab) -> str:
    """Button and line together, which the page's script moves behind Generate's box."""
    return f"{tab}_mobilesd_box"


def status(tab: Tab) -> str:
    """The line under the button that says what became of a click."""
    return f"{tab}_mobilesd_status"


def control(tab: Tab) -> str:
    """The hidden text that carries a click's own id and its repeats."""
    return f"{tab}_mobilesd_control"


def accordion(tab: Tab) -> str:
    """The accordion "MobileSD Queue"."""
    return f"{tab}_mobilesd_accordion"


def accordion_button(tab: Tab) -> str:
    """The accordion's own queue button."""
    return f"{tab}_mobilesd_queue_btn"


def priority(tab: Tab) -> str:
    """1 to 10, 1 runs first."""
    return f"{tab}_mobilesd_priority"


def server(tab: Tab) -> str:
    """The dropdown of target servers."""
    return f"{tab}_mobilesd_server"


def refresh_servers(tab: Tab) -> str:
    """The tool button that reads the list of servers again."""
    return f"{tab}_mobilesd_refresh_servers"


def repeat(tab: Tab) -> str:
    """How many jobs one click makes."""
    return f"{tab}_mobilesd_repeat"


def seed_rule(tab: Tab) -> str:
    """Which seeds the repeats get."""
    return f"{tab}_mobilesd_seed_rule"


def connection(tab: Tab) -> str:
    """The line that says whether the queue answers."""
    return f"{tab}_mobilesd_connection"


def send(part: str) -> str:
    """A hidden part of the queue's tab by which results reach another tab."""
    return f"{SEND}_{part}"
