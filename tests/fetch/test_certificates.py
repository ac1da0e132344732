"""What a certificate says of its issuer, and that no bytes upset who asks."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from tests.check.certified import Signer, leaf

from holdfast.fetch.certificates import is_self_signed, names_its_issuers

KEY = ec.generate_private_key(ec.SECP256R1())
SIGNER = Signer.root("Root")


def made(signer: Signer | None, issuers: str = "") -> bytes:
    return leaf("a.lan", signer, KEY, issuers).public_bytes(Encoding.DER)


ROWS = [
    (made(None), True, False),
    (made(None, "http://a.lan/x.der"), True, True),
    (made(SIGNER), False, False),
    (made(SIGNER, "http://a.lan/x.der"), False, True),
    (made(SIGNER, "HTTPS://a.lan/x.der"), False, True),
    # The directories of a company: no reader's browser can ask them.
    (made(SIGNER, "ldap:///CN=Root,CN=AIA"), False, False),
    (SIGNER.certificate.public_bytes(Encoding.DER), True, False),
    (b"", False, False),
]


@pytest.mark.parametrize(("certificate", "self_signed", "names"), ROWS)
def test_certificates(certificate: bytes, self_signed: bool, names: bool) -> None:
    assert (is_self_signed(certificate), names_its_issuers(certificate)) == (self_signed, names)


def test_a_cut_certificate_is_none() -> None:
    whole = made(None, "http://a.lan/x.der")
    for end in range(len(whole)):
        assert not is_self_signed(whole[:end])
        names_its_issuers(whole[:end])


@given(st.binary(max_size=64), st.integers(0, 400))
def test_no_bytes_upset_it(junk: bytes, at: int) -> None:
    whole = made(SIGNER, "http://a.lan/x.der")
    for spoilt in (junk, whole[:at] + junk + whole[at + len(junk) :]):
        is_self_signed(spoilt)
        names_its_issuers(spoilt)
