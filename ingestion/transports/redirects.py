"""No redirect is followed: where an answer points, the credentials of a connection do not go.

A redirected request would be signed anew where it arrives, and a redirected login is sent again with its
secret, to a server that no landscape names.
"""

from urllib.parse import urljoin, urlsplit

import requests

REMEDY = "nothing was sent there; where it is right, write the new address into the connection's url"


class RedirectedError(requests.RequestException):
    """An answer that names another address, in words without a query, which may hold a secret."""


def refuse_redirects(session: requests.Session) -> None:
    """Lets a session of `requests` raise `RedirectedError` for every redirect, of logins too."""

    def target(response: requests.Response) -> str | None:
        if not response.is_redirect:
            return None
        raise RedirectedError(redirected(response.url, response.headers["location"]), response=response)

    session.get_redirect_target = target  # type: ignore[method-assign, assignment]


def redirected(asked: str, location: str) -> str:
    """What happened and what to do, from the address asked and the one the answer names."""
    return f"{_shown(asked)} redirects to {_shown(urljoin(asked, location))}; {REMEDY}"


def _shown(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:200]
