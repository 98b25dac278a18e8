"""One writer per HOME: an operating-system lock, held while a run goes on and gone when its process dies."""

import fcntl
import os
from pathlib import Path
from typing import IO

_HELD: dict[Path, tuple[IO[str], int]] = {}


class HomeLockedError(Exception):
    """Another process is running in this HOME."""


def acquire(home: Path) -> None:
    """Takes the lock, or raises naming the process that has it. May be nested within one process."""
    path = (home / "run.lock").resolve()
    if path in _HELD:
        file, depth = _HELD[path]
        _HELD[path] = (file, depth + 1)
        return
    home.mkdir(parents=True, exist_ok=True)
    file = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise HomeLockedError(
            f"{home} is in use by process {holder}; wait for it to end, or choose another --home"
        ) from None
    file.seek(0)
    file.truncate()
    file.write(str(os.getpid()))
    file.flush()
    _HELD[path] = (file, 1)


def release(home: Path) -> None:
    path = (home / "run.lock").resolve()
    file, depth = _HELD[path]
    if depth > 1:
        _HELD[path] = (file, depth - 1)
        return
    del _HELD[path]
    file.close()
