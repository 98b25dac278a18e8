"""What a SOAP service is, as data: how it is asked, and where an answer says which page it is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SoapPaging:
    """Where an answer says which page it is: all paths below the answer's own element."""

    page: str
    total_pages: str
    page_records: str
    total_records: str


@dataclass(frozen=True)
class SoapWire:
    """A SOAP 1.1 service that is asked page by page for the state as of an effective day and a time of entry.

    `wsdl` is a file beside the system's spec: nothing is fetched to know the interface. A resource's path is
    `<service>/<operation>`, its binding `<service><binding_suffix>` and its address
    `<url>/<service>/<version>`. `request` is the body of every request as dotted path and template over
    `{version}`, `{effective}`, `{entered}`, `{page}` and `{count}`. `typed_list` is the element that comes
    once per kind of identifier and the attribute that names the kind: a path goes on with that kind.
    `version_attribute` of an answer says which version it is of.
    """

    wsdl: str
    namespace: str
    version: str
    request: tuple[tuple[str, str], ...]
    paging: SoapPaging
    typed_list: tuple[str, str]
    page_size: int
    binding_suffix: str = "Binding"
    version_attribute: str = "version"
    request_id_header: str = "X-Request-Id"
