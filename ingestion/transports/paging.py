"""How the pages of a JSON API follow each other, and what ends them: never an answer that leads astray.

A link to another host would carry the credentials there, and pages that lead in a circle would never end:
both are a source that does not answer as its protocol says.
"""

import hashlib
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from dlt.sources.helpers.rest_client.paginators import (
    BasePaginator,
    JSONLinkPaginator,
    JSONResponseCursorPaginator,
    OffsetPaginator,
)

from ingestion.spec import RestWire
from ingestion.transports.fetched import SourceDownError


class ShortPagePaginator(OffsetPaginator):  # type: ignore[misc]
    """Offset paging that ends at the first page that is not full, without asking for an empty one."""

    def update_state(self, response: requests.Response, data: list[Any] | None = None) -> None:
        super().update_state(response, data)
        if len(data or []) < self.value_step:
            self._has_next_page = False


class SameHostPaginator(JSONLinkPaginator):  # type: ignore[misc]
    """Follows the link in an answer, as long as it leads to the host that gave the answer."""

    def update_state(self, response: requests.Response, data: list[Any] | None = None) -> None:
        super().update_state(response, data)
        link = self._next_reference
        if link is None or link == "":
            return
        here = urlsplit(response.url)
        there = urlsplit(urljoin(response.url, link)) if isinstance(link, str) else None
        if there is None or (there.scheme, there.netloc) != (here.scheme, here.netloc):
            raise SourceDownError(
                f"{here.scheme}://{here.netloc}{here.path} names {str(link)[:200]!r} as its next page,"
                " which is not on this server; nothing was asked there"
            )


class Circle:
    """Notices an answer that came before in the same reading."""

    def __init__(self, address: str) -> None:
        self._address, self._seen = address, set[bytes]()

    def check(self, content: bytes) -> None:
        """Raises `SourceDownError` for the second answer of one content."""
        digest = hashlib.sha256(content).digest()
        if digest in self._seen:
            raise SourceDownError(f"{self._address} sends one page twice: its pages lead in a circle")
        self._seen.add(digest)


def paginator_of(wire: RestWire) -> BasePaginator:
    """What follows the pages of a wire."""
    if wire.paging == "offset":
        return ShortPagePaginator(limit=wire.page_size, total_path=None, stop_after_empty_page=True)
    if wire.paging == "cursor":
        return JSONResponseCursorPaginator(cursor_path="next_cursor", cursor_param="cursor")
    return SameHostPaginator(next_url_path="d.__next")
