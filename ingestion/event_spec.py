"""What the webhooks of an application are, as data: their proof and their place in a body.

Part of a system's spec; the inbox checks by it, and the events become the raw table `event`.
"""

from dataclasses import dataclass

# The raw table and resource of the events that an application sent.
EVENT = "event"


@dataclass(frozen=True)
class EventSpec:
    """Webhooks of an application: how their sender proves itself and where the events stand in a body.

    `signature_header` carries the hex HMAC-SHA256 of the body, behind `signature_prefix`; the key is the
    connection's `signing_secret`. With a `timestamp_header` the time and a dot come before the signed body.
    """

    signature_header: str
    signature_prefix: str = ""
    timestamp_header: str = ""
    records: str = "$"
