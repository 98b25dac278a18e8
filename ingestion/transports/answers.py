"""How large one answer of an API may be: a page is held in memory, so an endless one is refused, not read."""

from collections.abc import Callable
from functools import partial
from typing import Any

import requests

# Unpacked. Pages of the interfaces read here hold some thousand records, a few megabytes.
MOST_BYTES = 256 << 20
_CHUNK = 1 << 20
REMEDY = "ask for smaller pages (page_size of the wire), or take the data as a file"


class AnswerTooLargeError(requests.RequestException):
    """An answer that grows beyond what one page may hold."""


def limit_answers(session: requests.Session) -> None:
    """Lets the adapters of a session stop reading an answer at `MOST_BYTES` and raise `AnswerTooLargeError`.

    Below everything that looks at an answer: hooks and retries get it whole or not at all.
    """
    for adapter in session.adapters.values():
        adapter.send = partial(_send, adapter.send)  # type: ignore[method-assign]


def _send(send: Callable[..., requests.Response], *words: Any, **options: Any) -> requests.Response:
    response = send(*words, **{**options, "stream": True})
    parts: list[bytes] = []
    size = 0
    for part in response.iter_content(_CHUNK):
        size += len(part)
        if size > MOST_BYTES:
            response.close()
            address = response.url.partition("?")[0]
            raise AnswerTooLargeError(f"{address} answers with more than {MOST_BYTES:,} bytes; {REMEDY}")
        parts.append(part)
    response._content = b"".join(parts)
    return response
