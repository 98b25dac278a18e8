"""When the credentials of each instance end: rotation dates a landscape states, and client certificates.

A landscape states them below an instance as `credentials: {client_secret: {rotates_on: 2027-01-31}}`, values
never. Alerts begin 30 days ahead (domain_rules 3.18).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ingestion.configuration.landscape import Instance
from ingestion.transports.tls import expires_at

ALERT_DAYS = (30, 14, 3)


@dataclass(frozen=True)
class ExpiringCredential:
    """One credential with a known end that is near or past."""

    instance: str
    name: str
    owner: str
    ends_on: date
    days_left: int

    @property
    def is_urgent(self) -> bool:
        return self.days_left <= min(ALERT_DAYS)

    def __str__(self) -> str:
        end = f"ended on {self.ends_on}" if self.days_left < 0 else f"ends on {self.ends_on}"
        left = f", in {self.days_left} days" if self.days_left >= 0 else ""
        owner = f"; owner {self.owner}" if self.owner else ""
        return f"{self.instance}: {self.name} {end}{left}{owner}"


def ending_credentials(instances: Iterable[Instance], today: date) -> list[ExpiringCredential]:
    """The credentials that end within the first alert or have ended, the nearest first."""
    known = [_ending(instance, *entry, today) for instance in instances for entry in _known_ends(instance)]
    found = [entry for entry in known if entry.days_left <= max(ALERT_DAYS)]
    return sorted(found, key=lambda entry: (entry.ends_on, entry.instance, entry.name))


def _known_ends(instance: Instance) -> Iterable[tuple[str, str, date]]:
    for name, credential in instance.credentials.items():
        yield name, credential.owner, credential.rotates_on
    certificate = instance.connection.get("client_certificate_file")
    end = expires_at(certificate) if certificate else None
    if end:
        yield "client certificate", "", end.date()


def _ending(instance: Instance, name: str, owner: str, end: date, today: date) -> ExpiringCredential:
    return ExpiringCredential(instance.name, name, owner, end, (end - today).days)
