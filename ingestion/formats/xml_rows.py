"""Records of XML answers as the nested dicts that the JSON rows are made of, and the guard before any parser.

A document type is refused before the parser meets it: no entity is declared, expanded or fetched. Names lose
their namespace; an identifier that comes once per kind becomes a dict by kind, so that a dotted path names
the kind and no other kind is lost.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from lxml import etree

LARGEST_BYTES = 64 * 1024 * 1024
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_TEXT = "#text"

Record = dict[str, Any]


class XmlRefusedError(Exception):
    """An answer that must not be parsed; worded for a person."""


class XmlCutOffError(Exception):
    """An answer that is not well-formed: cut off on its way, or no XML at all."""


@dataclass(frozen=True)
class Answer:
    """The one element in the body of a SOAP envelope; `is_fault` when the service refused."""

    element: etree._Element
    is_fault: bool

    def text(self, path: str) -> str:
        """The text at a dotted path of local names, empty when there is none."""
        found = next(_at(self.element, path), None)
        return (found.text or "").strip() if found is not None else ""

    def attribute(self, name: str) -> str:
        """An attribute of the element by its local name, empty when there is none."""
        found = {etree.QName(key).localname: value for key, value in self.element.attrib.items()}
        return str(found.get(name, ""))

    def elements(self, path: str) -> list[etree._Element]:
        """Every element at a dotted path, in the order sent."""
        return list(_at(self.element, path))


def read_answer(content: bytes) -> Answer:
    """The body of a SOAP answer. Raises `XmlRefusedError` or `XmlCutOffError`."""
    envelope = _parse(content)
    body = next(_at(envelope, "Body"), None)
    inside = [child for child in body if isinstance(child.tag, str)] if body is not None else []
    if etree.QName(envelope).localname != "Envelope" or len(inside) != 1:
        raise XmlCutOffError("is no SOAP envelope with one body element")
    return Answer(inside[0], etree.QName(inside[0]).localname == "Fault")


def records_of_answer(content: bytes, path: str, typed_list: tuple[str, str]) -> Iterator[Any]:
    """The records at a dotted path of a landed answer as nested dicts, in the order sent."""
    for element in read_answer(content).elements(path):
        yield value_of(element, typed_list)


def records_hash(elements: Sequence[etree._Element]) -> str:
    """Equal for equal records, whatever else their answers said."""
    digest = hashlib.sha256()
    for element in elements:
        digest.update(etree.tostring(element, method="c14n", with_tail=False))
        digest.update(b"\n")
    return digest.hexdigest()


def value_of(element: etree._Element, typed_list: tuple[str, str]) -> Any:
    """An element as text, or as a dict when it has children: repeated names as a list, attributes as `@name`.

    An attribute of an element without children stands beside it as `name@attribute`, so that a new one never
    changes the shape of a value.
    """
    children = [child for child in element if isinstance(child.tag, str)]
    if element.get(_NIL) in ("true", "1"):
        return None
    if not children:
        return element.text
    found: Record = {f"@{etree.QName(name).localname}": value for name, value in element.attrib.items()}
    text = "".join([element.text or "", *(child.tail or "" for child in element)]).strip()
    if text:
        found[_TEXT] = text
    for child in children:
        _add_child(found, child, typed_list)
    return found


def _add_child(found: Record, child: etree._Element, typed_list: tuple[str, str]) -> None:
    name = etree.QName(child).localname
    attributes = {etree.QName(key).localname: value for key, value in child.attrib.items() if key != _NIL}
    value = value_of(child, typed_list)
    if name == typed_list[0] and typed_list[1] in attributes:
        kinds = found.setdefault(name, {})
        if not isinstance(kinds, dict):
            kinds = found[name] = {_TEXT: kinds}
        _add(kinds, attributes.pop(typed_list[1]), value)
    elif isinstance(found.get(name), dict) and name == typed_list[0]:
        _add(found[name], _TEXT, value)
    else:
        _add(found, name, value)
    if not isinstance(value, dict):
        for key, text in attributes.items():
            _add(found, f"{name}@{key}", text)


def _add(found: Record, name: str, value: Any) -> None:
    """A name that comes again becomes a list: nothing replaces what was there."""
    if name not in found:
        found[name] = value
    elif isinstance(found[name], list):
        found[name].append(value)
    else:
        found[name] = [found[name], value]


def _at(element: etree._Element, path: str) -> Iterator[etree._Element]:
    name, _, rest = path.partition(".")
    for child in element:
        if isinstance(child.tag, str) and etree.QName(child).localname == name:
            if rest:
                yield from _at(child, rest)
            else:
                yield child


def _parse(content: bytes) -> etree._Element:
    if len(content) > LARGEST_BYTES:
        raise XmlRefusedError(f"is larger than {LARGEST_BYTES // 2**20} MiB")
    _refuse_document_type(content)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise XmlCutOffError(f"is not well-formed XML ({error.msg})") from None


class _RootReachedError(Exception):
    """The root element began: no document type can follow."""


def _refuse_document_type(content: bytes) -> None:
    """Reads as far as the root element with a parser that stops at a DOCTYPE before reading what is in it."""

    def on_doctype(*_: object) -> None:
        raise XmlRefusedError("declares a document type (DTD), which SOAP forbids; nothing of it was read")

    def on_root(*_: object) -> None:
        raise _RootReachedError

    scout = expat.ParserCreate()
    scout.StartDoctypeDeclHandler = on_doctype
    scout.StartElementHandler = on_root
    try:
        scout.Parse(content, True)
    except _RootReachedError:
        return
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise XmlCutOffError(f"is not well-formed XML ({error})") from None
    raise XmlCutOffError("has no root element")
