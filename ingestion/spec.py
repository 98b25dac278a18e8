"""What a source system, a wire resource, a table and a column are, as data.

A new table is a line in `systems/<system>/spec.py`; code appears only where these classes cannot say it.
Nothing here reads or writes anything: transports, the contract check and the loader are driven by it.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Literal

from ingestion.event_spec import EVENT, EventSpec
from ingestion.formats.edi.grammar import X12Format
from ingestion.soap_wire import SoapWire

ColumnType = Literal[
    "varchar", "decimal(18,2)", "decimal(18,6)", "decimal(18,8)", "bigint", "boolean", "date", "timestamp"
]
Cadence = Literal["daily", "weekdays", "weekly", "monthly"]
Sensitive = Literal["tax_id", "routing", "account", "iban", "serial", "case"]

QUANTITY: ColumnType = "decimal(18,6)"
PRICE: ColumnType = "decimal(18,6)"
MONEY: ColumnType = "decimal(18,2)"
FACTOR: ColumnType = "decimal(18,8)"
WHOLE: ColumnType = "bigint"
BOOL: ColumnType = "boolean"
DATE: ColumnType = "date"
TIMESTAMP: ColumnType = "timestamp"

# What a connection may hold besides a system's own keys, by wire.
SFTP_REQUIRED = ("host", "port", "user", "password or private_key")
SFTP_OPTIONAL = ("folder", "host_key", "private_key_passphrase")
HTTPS_OPTIONAL = ("ca_file", "client_certificate_file", "client_key_file")

# A path that starts with this reads the record that an exploded row was nested in.
PARENT = "^"


@dataclass(frozen=True)
class ColumnSpec:
    """One column of a raw table and where the source keeps it.

    `path` is dotted for JSON (`supplier.number`, `^id` for the parent) and a header for files; `aliases` are
    other headers of the same column. `format` is `odata` for `/Date(ms)/`, `xsd` for a date that may carry a
    zone, one of `numbers.WRITTEN` for numbers written for people, or strptime patterns for dates: a date
    that fits two of them differently is ambiguous and rejected. `rewrite` (RE2 pattern, replacement) brings
    a text into the form that staging reads; `constant` is the value in files without the column, `headers`
    are those of one instance. A column that is not `hashed` never makes a new version. An enumeration is
    closed (other values reject their rows) unless nothing is decided by it.
    """

    name: str
    path: str
    type: ColumnType = "varchar"
    required: bool = False
    sensitive: Sensitive | None = None
    enum: tuple[str, ...] = ()
    format: str | tuple[str, ...] | None = None
    aliases: tuple[str, ...] = ()
    hashed: bool = True
    enum_is_open: bool = False
    rewrite: tuple[str, str] | None = None
    constant: str = ""
    headers: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The headers it answers to, first choice first: what one instance says, then the spec."""
        return (*self.headers, self.path, *self.aliases)

    @property
    def date_formats(self) -> tuple[str, ...]:
        """The strptime patterns of a date, none when it is ISO, OData or XML."""
        given = (self.format,) if isinstance(self.format, str) else self.format or ()
        return tuple(text for text in given if text not in ("odata", "xsd"))

    @property
    def stored(self) -> tuple[tuple[str, ColumnType], ...]:
        """The raw columns it becomes: tax ids and bank values a token, last four, verdict (near tokens)."""
        if self.sensitive in (None, "serial", "case"):
            return ((self.name, self.type),)  # Of a device or a case nothing but the token is kept.
        names = [self.name, f"{self.name}_last4", f"{self.name}_verdict"]
        if self.sensitive == "tax_id":
            names.append(f"{self.name}_near")
        return tuple((name, "varchar") for name in names)


@dataclass(frozen=True)
class TableSpec:
    """One raw table: its columns, its native key and how the source orders versions of one key.

    A part of the key is a column name, empty, or `a or b` for the first of two columns that is filled.
    `explode` is the path of the array inside a record of the resource. Version, time and deletion paths
    are tried in order, the first that has a value wins. With `count_equal_rows` the key gets the hash of
    the row and its count among equal rows of one file, for sources that publish no line id: the same file
    again has the same keys, a row that says something else is another row, and a deletion repeats the row
    it deletes. `repeated` are fields that say again what a column says. `published_as` is the entity of the
    vendor's published field list (`Purchasing_API.OrderLine`), empty where it has none. `part_of` names the
    table of the document that always lists all of these rows, and the column here that holds its key.
    """

    name: str
    columns: tuple[ColumnSpec, ...]
    key: tuple[str, ...]
    explode: str = ""
    source_version: tuple[str, ...] = ()
    source_updated_at: tuple[str, ...] = ()
    is_deleted: tuple[str, ...] = ()
    count_equal_rows: bool = False
    key_prefix_removed: str = ""
    published_as: str = ""
    repeated: tuple[str, ...] = ()
    part_of: tuple[str, str] = ("", "")

    @property
    def stored(self) -> tuple[tuple[str, ColumnType], ...]:
        return tuple(pair for column in self.columns for pair in column.stored)

    @property
    def key_columns(self) -> tuple[ColumnSpec, ...]:
        """The columns that the native key is built from."""
        parts = {part for entry in self.key for part in entry.split(" or ")}
        return tuple(column for column in self.columns if column.name in parts)


@dataclass(frozen=True)
class ResourceSpec:
    """One thing a wire offers: an endpoint, a file pattern or a database table, and the raw tables it fills.

    `filter_*` ask for what changed since the cursor, `until_*` for what changed before the end of a window.
    `entered_path` is a database's time of entry, for rows that were never updated. `quantity_column` is what
    a file's trailer sums, if it does; `dated_column` tells the days of a file whose name does not. A snapshot
    arrives whole: two of equal content are no duplicate, and one that lost more than the share `max_drop` of
    its keys is held. With `absent_is_deleted` a key that a snapshot no longer has is deleted; a price list
    that shows only what is valid now must not say so. A file is due every `cadence`, `grace` later at the
    latest; `sequence` is a pattern whose group is the running number in a name. `records` is where the
    records stand in an answer, if each resource has a place of its own. With `has_key_set` all keys are asked
    for beside what changed: a key that the source no longer has is deleted, within the same `max_drop`.
    `nested_in` is the resource whose records hold these rows too: what it brings the first time is not asked
    for again here, only what changed since by itself; `paths` say where a record of its own has the columns
    that are read from the parent there. A file counts once its `marker` (None: the wire's) stands beside it
    and it has not changed for `settled_for`; over SFTP one beyond `largest_bytes` is refused unread.
    """

    name: str
    tables: tuple[str, ...]
    path: str = ""
    params: tuple[tuple[str, str], ...] = ()
    updated_path: str = ""
    entered_path: str = ""
    filter_param: str = ""
    filter_template: str = "{cursor}"
    until_param: str = ""
    until_template: str = "{until}"
    quantity_column: str = ""
    dated_column: str = ""
    is_snapshot: bool = False
    max_drop: Decimal = Decimal("0.05")
    absent_is_deleted: bool = False
    cadence: Cadence | None = None
    grace: timedelta = timedelta(0)
    sequence: str = ""
    records: str = ""
    has_key_set: bool = False
    marker: str | None = None
    settled_for: timedelta = timedelta(0)
    largest_bytes: int = 4 << 30
    nested_in: str = ""
    paths: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class RestWire:
    """A JSON API: how to log in, how to page, where the records are.

    `version_header` is the header of an answer that says which version of the interface gave it. `selects` is
    how fields are chosen, for key sets: a JSON list in `fields`, or OData's `$select`.
    """

    auth: Literal["oauth2", "api_token", "basic"]
    paging: Literal["offset", "cursor", "odata"]
    records: str
    page_size: int
    login_path: str = ""
    scope: str = ""
    lag: timedelta = timedelta(hours=2)
    root: str = ""
    ignored: tuple[str, ...] = ()
    version_header: str = ""
    selects: Literal["", "fields", "odata"] = ""


@dataclass(frozen=True)
class FileFormat:
    """How files are written: only what is declared here is tried.

    `characters` are all beyond ASCII that the source writes, to tell one-byte encodings apart. The header
    stands within `preamble` lines of the top. Lines at the end that begin with one of `footers`, or hold
    only the sum of the column `total_of`, are no rows. `widths` cut lines of fixed width. `sheet` names the
    one to read, `records` where the list stands in a JSON document that is an object.
    """

    encodings: tuple[str, ...] = ("utf-8-sig",)
    characters: str = ""
    delimiter: str = ","
    trailer: str = ""
    preamble: int = 0
    footers: tuple[str, ...] = ()
    total_of: str = ""
    widths: tuple[int, ...] = ()
    sheet: str = ""
    records: str = ""


@dataclass(frozen=True)
class SftpWire:
    """A folder on an SFTP server: a file counts once `<name><marker>` stands beside it.

    Without a marker the format itself must tell that a file is whole, as an interchange does.
    """

    folder: str
    marker: str
    format: FileFormat | X12Format = FileFormat()


@dataclass(frozen=True)
class FilesWire:
    """A folder within reach of this machine. `wanted` tells a person which files belong there."""

    wanted: str
    format: FileFormat = FileFormat()
    excluded: tuple[str, ...] = ()
    marker: str = ""


@dataclass(frozen=True)
class DatabaseWire:
    """Tables of one PostgreSQL schema, read by a reader's login. Times without a zone are the instance's.

    The lag must exceed the hour that clocks turn back, so that no change of a repeated hour is missed.
    """

    schema: str
    chunk_rows: int = 50_000
    lag: timedelta = timedelta(hours=2)
    timeout: timedelta = timedelta(seconds=60)


@dataclass(frozen=True)
class SystemSpec:
    """One application: its wire, what a connection to it needs, its resources and raw tables.

    `api_version` is the version of the interface that the tables were written for, as the vendor names it.
    An entry of `connection_required` is a key, or `a or b` where one of two will do.
    """

    name: str
    title: str
    wire: RestWire | SftpWire | FilesWire | DatabaseWire | SoapWire
    resources: tuple[ResourceSpec, ...]
    tables: tuple[TableSpec, ...]
    connection_required: tuple[str, ...]
    connection_optional: tuple[str, ...] = ()
    unread: tuple[str, ...] = field(default=())
    api_version: str = "1"
    unpublished: tuple[str, ...] = ()
    events: EventSpec | None = None

    @cached_property
    def contract_version(self) -> str:
        """The interface's version and a digest of all that decides how a cell is read.

        That is every promise about its fields and how this instance writes them: headers, forms of dates and
        numbers, rewriting, the format of its files and where records stand in an answer.
        """
        promises = (
            *(replace(table, published_as="") for table in self.tables),
            *(
                (resource.name, resource.tables, resource.records, resource.paths)
                for resource in self.resources
            ),
            getattr(self.wire, "format", getattr(self.wire, "records", "")),
        )
        return f"{self.api_version}+{hashlib.sha256(repr(promises).encode()).hexdigest()[:8]}"

    @property
    def dataset(self) -> str:
        return f"raw_{self.name}"

    def table(self, name: str) -> TableSpec:
        return next(table for table in self.tables if table.name == name)

    def resource_of(self, table: str) -> ResourceSpec | None:
        """The resource that fills a table."""
        return next((resource for resource in self.landed_resources if table in resource.tables), None)

    def resource(self, name: str) -> ResourceSpec:
        return next(resource for resource in self.landed_resources if resource.name == name)

    @property
    def landed_resources(self) -> tuple[ResourceSpec, ...]:
        """What is fetched, and the events that are sent instead."""
        return (*self.resources, ResourceSpec(EVENT, tables=(EVENT,))) if self.events else self.resources


def snake(path: str) -> str:
    """`po-number` -> po_number, `supplier.number` -> supplier_number, `GLAccountName` -> gl_account_name."""
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", path)
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", spaced)
    return re.sub(r"[^A-Za-z0-9]+", "_", spaced).strip("_").lower()


def column(
    path: str,
    type: ColumnType = "varchar",
    *,
    name: str = "",
    required: bool = False,
    sensitive: Sensitive | None = None,
    enum: Iterable[str] = (),
    format: str | tuple[str, ...] | None = None,
    aliases: Iterable[str] = (),
    hashed: bool = True,
    enum_is_open: bool = False,
) -> ColumnSpec:
    """A column named after its path, unless a name is given."""
    return ColumnSpec(
        name=name or snake(path),
        path=path,
        type=type,
        required=required,
        sensitive=sensitive,
        enum=tuple(enum),
        format=format,
        aliases=tuple(aliases),
        hashed=hashed,
        enum_is_open=enum_is_open,
    )


def texts(*paths: str) -> tuple[ColumnSpec, ...]:
    """Plain optional text columns, which most columns are."""
    return tuple(column(path) for path in paths)
