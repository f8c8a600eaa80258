"""What Forge executes at each load of the UI: one script for both tabs, and the callbacks."""

from mobilesd_queue.webui import callbacks
from mobilesd_queue.webui.script import QueueScript

__all__ = ["QueueScript"]

callbacks.register()
