"""What runs, and what the page asked the server to do."""

import threading


class State:
    """The names of Forge's state that extensions read."""

    def __init__(self) -> None:
        self.interrupted = False
        self.skipped = False
        self.stopping_generation = False
        self.job = ""
        self.job_count = 0
        self.job_no = 0
        self.server_command: str | None = None
        self._commands = threading.Condition()

    def begin(self, job: str = "(unknown)") -> None:
        self.job, self.job_count, self.interrupted, self.skipped = job, -1, False, False

    def end(self) -> None:
        self.job, self.job_count = "", 0

    def interrupt(self) -> None:
        self.interrupted = True

    def skip(self) -> None:
        self.skipped = True

    def request_restart(self) -> None:
        """Asks for Reload UI."""
        self.interrupt()
        with self._commands:
            self.server_command = "restart"
            self._commands.notify_all()

    def wait_for_server_command(self, timeout: float | None = None) -> str | None:
        """The next command, or None when the seconds are over."""
        with self._commands:
            self._commands.wait_for(lambda: self.server_command is not None, timeout)
            command, self.server_command = self.server_command, None
            return command
