"""Servers' certificates as real ones are, with an intermediate authority between the root and the server.

Knows nothing of holdfast. `trustme` signs with the root itself and names nobody's address, so it cannot show
what a server looks like that forgets to send its issuer's certificate (the most frequent mistake with TLS).
"""

from __future__ import annotations

import datetime
import ssl
import tempfile
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
RSA_ONLY = "AES128-GCM-SHA256:AES256-GCM-SHA384"
"""Ciphers with RSA key exchange, as servers of the 2000s have them and no others."""


@dataclass(frozen=True)
class Signer:
    name: x509.Name
    key: Key
    certificate: x509.Certificate

    @classmethod
    def root(cls, name: str) -> Self:
        key, spelt = ec.generate_private_key(ec.SECP256R1()), _name(name)
        return cls(spelt, key, _authority(spelt, key, spelt, key))

    def below(self, name: str) -> Signer:
        key, spelt = ec.generate_private_key(ec.SECP256R1()), _name(name)
        return Signer(spelt, key, _authority(spelt, key, self.name, self.key))

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def leaf(host: str, signer: Signer | None, key: Key, issuers: str = "") -> x509.Certificate:
    """A server's certificate. Without a signer it signs itself; ``issuers``: the URL of its issuer's."""
    name = _name(host)
    builder = _begun(name, key, name if signer is None else signer.name).add_extension(
        x509.SubjectAlternativeName([_general(host)]), critical=False
    )
    if issuers:
        described = x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(issuers)
        )
        builder = builder.add_extension(x509.AuthorityInformationAccess([described]), critical=False)
    return builder.sign(key if signer is None else signer.key, SHA256())


def context(
    host: str, signer: Signer | None, *chain: Signer, issuers: str = "", ciphers: str = ""
) -> ssl.SSLContext:
    """For a server at this name or address, which sends its own certificate and those of ``chain``."""
    key: Key = rsa.generate_private_key(65537, 2048) if ciphers else ec.generate_private_key(ec.SECP256R1())
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if ciphers:
        made.maximum_version = ssl.TLSVersion.TLSv1_2
        made.set_ciphers(ciphers)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "chain.pem"
        file.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + leaf(host, signer, key, issuers).public_bytes(Encoding.PEM)
            + b"".join(each.pem for each in chain)
        )
        made.load_cert_chain(file)
    return made


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _begun(subject: x509.Name, key: Key, issuer: x509.Name) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
    )


def _authority(subject: x509.Name, key: Key, issuer: x509.Name, signing: Key) -> x509.Certificate:
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    return (
        _begun(subject, key, issuer)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(signing, SHA256())
    )
