"""STARTTLS and AUTH against a real server: our own certificate is taken, a stranger's and a wrong password are not."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from outreach.providers.email import Parcel, TransportError
from outreach.providers.smtp import SmtpTransport
from tests.outreach.mail_server import Keeper, _free_port


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback mail server")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "server.pem", folder / "server.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, private


def _knows(server: Any, session: Any, envelope: Any, mechanism: str, credentials: Any) -> AuthResult:
    known = (credentials.login, credentials.password) == (b"agent", b"correct horse")
    return AuthResult(success=known, handled=known)


@pytest.fixture
def relay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Keeper, int, Path]]:
    pem, private = certificate(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pem, private)
    keeper = Keeper()
    controller = Controller(
        keeper,
        hostname="127.0.0.1",
        port=_free_port(),
        tls_context=tls,
        require_starttls=True,
        authenticator=_knows,
        auth_required=True,
    )
    controller.start()
    yield keeper, controller.port, pem
    controller.stop()


def transport(port: int, password: str = "correct horse") -> SmtpTransport:
    return SmtpTransport("127.0.0.1", port, "agent", password, starttls=True, timeout=5.0)


def parcel() -> Parcel:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Hello", "ar@yourcompany.com", "ap@acmecorp.com"
    mail.set_content("Hello.")
    return Parcel(sender="ar@yourcompany.com", recipient="ap@acmecorp.com", mime=mail, message_id="msg_1")


def test_mail_leaves_encrypted_and_signed_in(relay: tuple[Keeper, int, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    keeper, port, pem = relay
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    handed_over: list[int] = []
    transport(port).deliver(parcel(), lambda: handed_over.append(len(keeper.taken)))
    assert handed_over == [0]
    assert [envelope.rcpt_tos for envelope in keeper.taken] == [["ap@acmecorp.com"]]


def test_a_certificate_nobody_vouches_for_is_refused_before_hand_over(
    relay: tuple[Keeper, int, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keeper, port, _ = relay
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate(other)[0]))
    with pytest.raises(TransportError, match="could not be used") as refused:
        transport(port).deliver(parcel(), lambda: pytest.fail("nothing may be handed over"))
    assert not refused.value.permanent
    assert keeper.taken == []


def test_a_wrong_password_fails_no_step_for_ever(
    relay: tuple[Keeper, int, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, port, pem = relay
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with pytest.raises(TransportError, match="could not be used") as refused:
        transport(port, "guess").deliver(parcel(), lambda: pytest.fail("nothing may be handed over"))
    assert not refused.value.permanent
    assert keeper.taken == []
