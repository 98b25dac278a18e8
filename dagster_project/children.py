"""The child processes of a run, so that whoever ends the run can end them too."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

PATIENCE_SECONDS = 10
_RUNNING: "set[subprocess.Popen[Any]]" = set()


@contextmanager
def ends_with_the_run(child: "subprocess.Popen[Any]") -> Iterator[None]:
    _RUNNING.add(child)
    try:
        yield
    except BaseException:
        end(child)
        raise
    finally:
        _RUNNING.discard(child)


def end_children() -> None:
    for child in list(_RUNNING):
        end(child)


def end(child: "subprocess.Popen[Any]") -> None:
    """Asks first; what does not end in time is killed."""
    child.terminate()
    try:
        child.wait(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
