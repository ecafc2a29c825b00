"""What a picture file says in XMP (ISO 16684-1): reading what a copy keeps, and writing."""

import codecs
from collections.abc import Mapping
from xml.etree import ElementTree
from xml.sax.saxutils import escape

__all__ = ["kept_xmp", "xmp_packet"]

_LONGEST = 2**20  # bytes that are looked through
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_SPACES = {
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "stEvt": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
# What stays true of a coloured copy: when the photograph was taken, and what its owner thinks of
# it.
_KEPT = (
    "xmp:Rating",
    "xmp:Label",
    "xmp:CreateDate",
    "photoshop:DateCreated",
    "exif:DateTimeOriginal",
)


def kept_xmp(data: bytes | None) -> dict[str, str]:
    """Read the dates and the rating in an XMP packet.

    Parameters
    ----------
    data : bytes, optional
        As a picture file holds it.

    Returns
    -------
    dict of str to str
        Such as ``{"xmp:Rating": "4"}``; empty when there are none, or it is damaged.
    """
    data = (data or b"")[: _LONGEST + 1]
    wide = data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    text = data.decode("utf-16" if wide else "utf-8-sig", "replace").strip("\0 \r\n")
    # entities of its own are no photographer's
    if not text or len(data) > _LONGEST or "<!" in text:
        return {}
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError):
        return {}
    found: dict[str, str] = {}
    for name in _KEPT:
        space, _, key = name.partition(":")
        full = f"{{{_SPACES[space]}}}{key}"
        for about in root.iter(f"{{{_RDF}}}Description"):
            text = about.get(full) or about.findtext(full) or ""
            if text.strip():
                found.setdefault(name, text.strip())
    return found


def xmp_packet(properties: Mapping[str, str], history: Mapping[str, str] | None = None) -> bytes:
    """Write an XMP packet.

    Parameters
    ----------
    properties : mapping of str to str
        Simple ones, with the usual prefix, as in ``{"xmp:Rating": "4"}``.
    history : mapping of str to str, optional
        What was done to the picture, one event (prefix ``stEvt``).

    Returns
    -------
    bytes
        UTF-8.

    Examples
    --------
    >>> kept_xmp(xmp_packet({"xmp:Rating": "4", "xmp:CreatorTool": "a < b"}))
    {'xmp:Rating': '4'}
    """
    spaces = "".join(f' xmlns:{prefix}="{address}"' for prefix, address in _SPACES.items())
    body = _elements(properties)
    if history:
        event = f'<rdf:li rdf:parseType="Resource">{_elements(history)}</rdf:li>'
        body += f"<xmpMM:History><rdf:Seq>{event}</rdf:Seq></xmpMM:History>"
    return (
        # the id is the same in every packet
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}">'
        f'<rdf:Description rdf:about=""{spaces}>{body}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def _elements(properties: Mapping[str, str]) -> str:
    """Properties as XML, without the control characters that it cannot hold."""
    safe = {key: "".join(c for c in text if c >= " ") for key, text in properties.items()}
    return "".join(f"<{key}>{escape(text)}</{key}>" for key, text in safe.items())
