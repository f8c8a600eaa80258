"""What stands on the page before any script has run: the scripts fill it in. It holds no data."""

from __future__ import annotations

from pathlib import Path

from mobilesd_queue.webui.job_view import STATUS_WORDS

_HTML = Path(__file__).parent / "html"


def connection_html() -> str:
    """The forms that connect this Forge to a queue; in the tab and among the settings."""
    return (_HTML / "connection.html").read_text("utf-8")


def tab_html() -> str:
    """The whole tab, its lists empty."""
    words = {"": "All jobs", **STATUS_WORDS}
    statuses = (f'<option value="{status}">{word}</option>' for status, word in words.items())
    page = (_HTML / "tab.html").read_text("utf-8")
    return page.format(connection=connection_html(), statuses="".join(statuses))
