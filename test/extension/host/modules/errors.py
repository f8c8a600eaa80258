"""Reports an error and goes on, as Forge does with everything an extension raises."""

import sys
import traceback


def report(message: str, *, exc_info: bool = False) -> None:
    """Prints a message, and the exception being handled below it."""
    print(f"*** {message}", file=sys.stderr)
    if exc_info:
        print(traceback.format_exc(), file=sys.stderr, flush=True)


def display(error: BaseException, task: str) -> None:
    """Prints what went wrong in a task."""
    print(f"{task}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
