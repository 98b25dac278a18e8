"""What a run says while it works: a listener that the command line sets and the assets call."""

from collections.abc import Callable

Listener = Callable[[str], None]


def nobody(text: str) -> None:
    """In the UI the event log already shows every step."""


_listener: Listener = nobody


def listen(listener: Listener | None) -> None:
    """Sets who hears of progress in this process; None is nobody."""
    global _listener
    _listener = listener or nobody


def tell(text: str) -> None:
    _listener(text)
