"""Tries the connections of a landscape without landing anything, and words why a source cannot be read."""

from collections.abc import Iterator, Sequence

from ingestion.configuration.credentials import ending_credentials
from ingestion.configuration.landscape import Instance
from ingestion.reports import CheckLine, Refusal
from ingestion.runs import RunContext
from ingestion.soap_wire import SoapWire
from ingestion.spec import DatabaseWire, FilesWire, RestWire, SystemSpec
from ingestion.transports import database
from ingestion.transports.catalog import columns_of, refused
from ingestion.transports.fetched import LoginRefusedError, SeenFiles, SourceDownError
from ingestion.transports.files import existing_folder, fetch_files
from ingestion.transports.rest import iterate_pages, make_client
from ingestion.transports.soap import SoapClient
from ingestion.transports.ssh import opened


def check(run: RunContext) -> list[CheckLine]:
    """Tries every connection without landing anything, and says which credentials end within a month."""
    instances = run.landscape.instances.values()
    ending = ending_credentials(instances, run.started_at.date())
    return [
        *(_check_instance(run, instance) for instance in instances),
        *(
            CheckLine(
                "credential", not entry.is_urgent, str(entry), f"replace {entry.name} of {entry.instance}"
            )
            for entry in ending
        ),
    ]


def _check_instance(run: RunContext, instance: Instance) -> CheckLine:
    spec = instance.spec
    subject = f"{instance.name} ({spec.title})"
    try:
        if isinstance(spec.wire, RestWire):
            client = make_client(spec.wire, instance.connection)
            next(iterate_pages(client, spec.wire, spec.resources[0]), None)
            message = f"logged in at {instance.connection['url']}"
        elif isinstance(spec.wire, SoapWire):
            service = SoapClient(spec, spec.wire, instance.connection)
            next(service.pages(spec.resources[0], run.as_of, run.started_at), None)
            message = f"logged in at {instance.connection['url']}"
        elif isinstance(spec.wire, DatabaseWire):
            return _check_database(subject, instance, spec, spec.wire)
        elif isinstance(spec.wire, FilesWire):
            folder = existing_folder(spec.wire, instance.connection)
            found = fetch_files(spec, spec.wire, instance.connection, SeenFiles(()), run.scratch.keep)
            message = f"{len(found.payloads)} readable files in {folder}"
            if found.refusals:
                return _refused(subject, found.refusals)
        else:
            with opened(instance.connection) as client:
                entries = client.listdir(instance.connection.get("folder") or spec.wire.folder)
            message = f"logged in, {len(entries)} files"
    except SourceDownError as error:
        return CheckLine(subject, False, why_down(instance, error), _remedy(instance, error))
    except OSError as error:
        return CheckLine(
            subject,
            False,
            f"folder cannot be listed: {error}",
            f"correct connection.folder of {instance.name}",
        )
    return CheckLine(subject, True, message)


def _refused(subject: str, refusals: Sequence[Refusal]) -> CheckLine:
    words, remedies = ("; ".join(dict.fromkeys(texts)) for texts in zip(*_words(refusals), strict=True))
    return CheckLine(subject, False, words, remedies)


def _words(refusals: Sequence[Refusal]) -> Iterator[tuple[str, str]]:
    for refusal in refusals:
        yield str(refusal), f"{refusal.file}: {refusal.remedy}"


def _remedy(instance: Instance, error: SourceDownError) -> str:
    name = instance.name
    if isinstance(error, LoginRefusedError):
        return f"correct the credentials of {name} in {_place(instance)}"
    if isinstance(instance.spec.wire, FilesWire):
        return f"put its files into {instance.connection['folder']}, or correct connection.folder of {name}"
    return f"start {name} or correct its connection in {_place(instance)}"


def _place(instance: Instance) -> str:
    variables = ", ".join(instance.variables)
    return f"landscape.yaml ({variables})" if variables else "landscape.yaml"


def why_down(instance: Instance, error: SourceDownError) -> str:
    if not isinstance(error, LoginRefusedError):
        return str(error)
    place = (
        f"environment variables {', '.join(instance.variables)}" if instance.variables else "landscape.yaml"
    )
    return f"{error}; check the credentials of {instance.name} ({place})"


def _check_database(subject: str, instance: Instance, spec: SystemSpec, wire: DatabaseWire) -> CheckLine:
    with database.opened(wire, instance.connection) as connection:
        present = columns_of(connection, wire)
        user = connection.engine.url.username or ""
    found = [refused(spec, wire, resource, present, user) for resource in spec.resources]
    refusals = [refusal for refusal in found if refusal]
    if refusals:
        return _refused(subject, refusals)
    return CheckLine(subject, True, f"logged in, {len(found)} tables readable")
