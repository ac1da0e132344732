"""What a server's certificate says of who issued it.

Verifies nothing, trusts nothing and opens nothing: the bytes of one X.509 certificate (RFC 5280) in. Whether
it can be believed is the engine's business; this tells only why it was not.
"""

from __future__ import annotations

from collections.abc import Iterator

_SEQUENCE = 0x30
_VERSION = 0xA0
_CA_ISSUERS = bytes.fromhex("06082b06010505073002")
"""The object identifier id-ad-caIssuers, encoded (RFC 5280 section 4.2.2.1)."""
_URI = 0x86
"""A GeneralName that is a uniformResourceIdentifier."""


def is_self_signed(certificate: bytes) -> bool:
    """Whether its subject is its own issuer (RFC 5280 section 6.1 calls it self-issued).

    False where it is no certificate.
    """
    try:
        _, start, end = next(_elements(certificate, 0, len(certificate)))  # Certificate
        _, start, end = next(_elements(certificate, start, end))  # TBSCertificate
        parts = [part for part in _elements(certificate, start, end) if part[0] != _VERSION]
        issuer, subject = parts[2], parts[4]
    except (ValueError, IndexError, StopIteration):
        return False
    return (
        issuer[0] == _SEQUENCE and certificate[issuer[1] : issuer[2]] == certificate[subject[1] : subject[2]]
    )


def names_its_issuers(certificate: bytes) -> bool:
    """Whether it says where its issuer's certificate can be had over HTTP, as browsers fetch it."""
    found = certificate.find(_CA_ISSUERS)
    while found >= 0:
        at = found + len(_CA_ISSUERS)
        try:
            tag, start, end = next(_elements(certificate, at, len(certificate)))
        except (ValueError, StopIteration):
            return False
        if tag == _URI and certificate[start:end].lower().startswith((b"http://", b"https://")):
            return True
        found = certificate.find(_CA_ISSUERS, at)
    return False


def _elements(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The DER elements (X.690 section 8.1) between two offsets: tag, and where the contents stand.

    Raises:
        ValueError: they do not fit in there.
    """
    while at < end:
        if at + 2 > end:
            raise ValueError("an element is cut")
        tag, length = data[at], data[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[at : at + size], "big")
            at += size
        if at + length > end:
            raise ValueError("an element is longer than what holds it")
        yield tag, at, at + length
        at += length
