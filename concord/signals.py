"""What SIGINT and SIGTERM do: end whatever a command started, then the command, with 128 + the signal."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

from dagster_project.children import end_children

SIGNALS = (signal.SIGINT, signal.SIGTERM)
T = TypeVar("T")


class Ended(BaseException):
    """Somebody wants this process to end. No KeyboardInterrupt, which click would turn into exit code 1."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Both signals unwind the block and end the process, also where a shell had SIGINT ignored (`... &`)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _end) for number in SIGNALS}
    try:
        yield
    except Ended as ended:
        # Python's own way out would wait for the thread of the run.
        _leave(ended)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def until_interrupted(wait: Callable[[], object] | None = None) -> None:
    """Waits until SIGINT, by which a person ends in good order; SIGTERM goes on to end the command."""
    try:
        (wait or threading.Event().wait)()
    except Ended as ended:
        if ended.number != signal.SIGINT:
            raise


def interruptible(work: Callable[[], T]) -> T:
    """The work's answer or error; a signal ends its child processes and unwinds at once.

    The work runs in a thread: in the main one Dagster takes over both signals and may lose them. What a run
    leaves behind is then what a killed one leaves, and the next run copes with that.
    """
    pool = ThreadPoolExecutor(1, "run")
    try:
        return pool.submit(work).result()
    except Ended:
        end_children()
        raise
    finally:
        pool.shutdown(wait=False)


def _end(number: int, _frame: FrameType | None) -> None:
    # Once is enough: a second signal must not break off the ending of the children.
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise Ended(number)


def _leave(ended: Ended) -> None:
    # The process's own streams: a run may have turned the others into its log.
    for stream, text in ((sys.__stdout__, ""), (sys.__stderr__, f"\nEnded by {ended}.\n")):
        if stream:
            stream.write(text)
            stream.flush()
    os._exit(128 + ended.number)
